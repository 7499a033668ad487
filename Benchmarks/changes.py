"""How long it takes until a connection is allowed."""
import socket, statistics, struct, sys, time

from support import Api, row


MYSQL = {
    "apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": {"name": "mysql-external"},
    "spec": {"hosts": ["mysql.example.com"], "addresses": ["203.0.113.10/32"], "location": "MESH_EXTERNAL",
             "ports": [{"name": "tcp", "number": 3306, "protocol": "tcp"}]},
}


def greeting(address, header=b""):
    """Whether the database greets a new connection that begins with this header."""
    with socket.create_connection(address, timeout=2) as connection:
        connection.sendall(header)
        try:
            return b"MariaDB" in connection.recv(200)
        except ConnectionError:
            return False


def measure(lab):
    block = lab.status["productPage"].split(".")[1]
    sidecar = (f"127.{block}.0.14", 15001)
    database = (f"127.{block}.113.10", 3306)
    header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes([10, 244, 0, 14, 203, 0, 113, 10]) + struct.pack("!HH", 40000, 3306)
    times, direct = [], []
    for _ in range(20):
        begun = time.perf_counter()
        assert greeting(database)
        direct.append(time.perf_counter() - begun)
        assert not greeting(sidecar, header), "allowed before it was applied"
        begun = time.perf_counter()
        lab.api.request("POST", Api.PATH, MYSQL)
        while not greeting(sidecar, header):
            if time.perf_counter() - begun > 10:
                sys.exit("not allowed within 10 s of being applied")
        times.append(time.perf_counter() - begun)
        lab.api.request("DELETE", Api.PATH + "/mysql-external")
        while greeting(sidecar, header):
            pass
    row("apply to first allowed connection, median of 20", f"{statistics.median(times) * 1000:.1f} ms",
        f"a connection that is not captured {statistics.median(direct) * 1000:.2f} ms",
        f"{statistics.median(times) / statistics.median(direct):.0f}x")
    row("  slowest of 20", f"{max(times) * 1000:.1f} ms", "", "")
