"""What a mesh of many ServiceEntries costs: until when a change is in effect on every Envoy, CPU and memory."""
import concurrent.futures, json, pathlib, socket, ssl, statistics, struct, sys, time, urllib.parse, urllib.request

from support import Api, row

FEW, MANY = 20, 2000
# Every name under this one has an address outside the mesh.
DOMAIN, ADDRESS = "wikipedia.org", "192.0.2.224"


def entry(name, ports, **spec):
    return {
        "apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": {"name": name},
        "spec": {"hosts": [f"{name}.{DOMAIN}"], "location": "MESH_EXTERNAL", "resolution": "DNS", **spec,
                 "ports": [{"number": number, "name": protocol.lower(), "protocol": protocol} for number, protocol in ports]},
    }


def usual(number):
    """One of many: mostly TLS, some with plain HTTP beside it, some TCP at an address of their own."""
    name = f"e{number:04}"
    if number % 10 == 9:
        return entry(name, [(3306, "TCP")], addresses=[f"10.77.{number >> 8}.{number & 255}"], resolution="STATIC",
                     endpoints=[{"address": ADDRESS}])
    return entry(name, [(443, "TLS"), (80, "HTTP")] if number % 10 >= 6 else [(443, "TLS")])


class Proxy:
    """An Envoy of the lab, asked by calls that go through it."""

    def __init__(self, block, ip, kind):
        self.ip, self.kind = ip, kind
        parts = ip.split(".")
        self.loopback = f"127.{block}.{ {'244': '0', '150': '150'}[parts[1]] }.{parts[3]}"
        self.tls = ssl.create_default_context()
        self.tls.check_hostname, self.tls.verify_mode = False, ssl.CERT_NONE

    def lets_out(self, name):
        """Whether TLS to a host gets out; a gateway, which takes calls at its own listeners alone, needs its cluster."""
        if self.kind == "router":
            query = urllib.parse.urlencode({"resource": "dynamic_active_clusters", "name_regex": f".*443.*{name}.*"})
            with urllib.request.urlopen(f"http://{self.loopback}:15000/config_dump?{query}") as answer:
                return b"configs" in answer.read()
        octets = [int(part) for address in (self.ip, ADDRESS) for part in address.split(".")]
        header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(octets) + struct.pack("!HH", 40000, 443)
        with socket.create_connection((self.loopback, 15001), timeout=5) as connection:
            connection.sendall(header)
            try:
                with self.tls.wrap_socket(connection, server_hostname=f"{name}.{DOMAIN}"):
                    return True
            except OSError:
                return False

    def wait(self, name, is_out, deadline=30):
        """When calls began to get out, or to be stopped."""
        end = time.perf_counter() + deadline
        while self.lets_out(name) != is_out:
            if time.perf_counter() > end:
                sys.exit(f"{self.loopback}: {name} did not become {is_out} within {deadline} s")
            time.sleep(0.005)
        return time.perf_counter()


def proxies(lab):
    block = lab.status["productPage"].split(".")[1]
    with urllib.request.urlopen(f"http://127.{block}.0.3:15014/debug/adsz") as answer:
        clients = json.load(answer)["clients"]
    with urllib.request.urlopen(f"http://127.{block}.0.3:15014/debug/syncz") as answer:
        kinds = {row["proxy"]: row["proxy_type"] for row in json.load(answer)}
    return [Proxy(block, client["address"], kinds[client["connectionId"].rpartition("-")[0]]) for client in clients]


def seconds(pid):
    """The CPU time of a process."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except OSError:
            pass  # A thread that ended.
    return total / 1e9


def memory(pid):
    lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def reach(lab, envoys, rounds=5):
    """Seconds until an entry that is added, and one that is taken away, is so for every Envoy."""
    added, removed = [], []
    with concurrent.futures.ThreadPoolExecutor(len(envoys)) as pool:
        for number in range(rounds):
            name = f"change{number}"
            for is_out, times in ((True, added), (False, removed)):
                waits = [pool.submit(envoy.wait, name, is_out) for envoy in envoys]
                begun = time.perf_counter()
                if is_out:
                    lab.api.request("POST", Api.PATH, entry(name, [(443, "TLS"), (80, "HTTP")]))
                else:
                    lab.api.request("DELETE", f"{Api.PATH}/{name}")
                times.append(max(wait.result() for wait in waits) - begun)
                time.sleep(1)
    return added, removed


def work(lab, rounds=10, pause=0.7):
    """Seconds of CPU that the lab process spends on one change."""
    pid = lab.status["pid"]

    def spent(action):
        before, begun = seconds(pid), time.perf_counter()
        action()
        return seconds(pid) - before, time.perf_counter() - begun

    def changes():
        for number in range(rounds):
            lab.api.request("POST", Api.PATH, entry(f"work{number}", [(443, "TLS"), (80, "HTTP")]))
            time.sleep(pause)
        for number in range(rounds):
            lab.api.request("DELETE", f"{Api.PATH}/work{number}")
            time.sleep(pause)

    idle, idle_time = spent(lambda: time.sleep(rounds * pause))
    busy, busy_time = spent(changes)
    return max(busy - idle * busy_time / idle_time, 0) / (2 * rounds)


def measure(lab):
    envoys = proxies(lab)
    pid, found = lab.status["pid"], {}
    known = 0
    for count in (FEW, MANY):
        begun = time.perf_counter()
        for number in range(known, count):
            lab.api.request("POST", Api.PATH, usual(number))
        known = count
        for envoy in envoys:
            envoy.wait("e" + f"{count - 2:04}", True, deadline=120)
        applied = time.perf_counter() - begun
        time.sleep(5)
        found[count] = (reach(lab, envoys), work(lab), memory(pid), applied)
    (few, few_work, few_memory, _), (many, many_work, many_memory, applied) = found[FEW], found[MANY]
    row(f"{MANY} entries applied one by one, in effect", f"{applied:.1f} s", f"{len(envoys)} Envoys", "")
    for what, before, after in (("added", few[0], many[0]), ("taken away", few[1], many[1])):
        row(f"  one entry {what} to effect everywhere, median", f"{statistics.median(after) * 1000:.0f} ms",
            f"with {FEW} entries {statistics.median(before) * 1000:.0f} ms",
            f"{statistics.median(after) / statistics.median(before):.1f}x")
        row(f"  slowest of {len(after)}", f"{max(after) * 1000:.0f} ms", f"with {FEW} entries {max(before) * 1000:.0f} ms",
            f"{max(after) / max(before):.1f}x")
    row("  lab process, CPU a change", f"{many_work * 1000:.1f} ms", f"with {FEW} entries {few_work * 1000:.1f} ms",
        f"{many_work / few_work:.1f}x")
    row("  lab process, memory (PSS)", f"{many_memory:.0f} MB", f"with {FEW} entries {few_memory:.0f} MB",
        f"{many_memory / few_memory:.1f}x")
    for number in range(known):
        lab.api.request("DELETE", f"{Api.PATH}/e{number:04}")
