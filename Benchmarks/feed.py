"""As much of a Kubernetes API as it takes to load a console: entries by list and watch, and proxies that never change."""
import asyncio, json, threading, time

GROUP = "/apis/networking.istio.io"
ENTRIES = GROUP + "/v1/serviceentries"
PROXY_CLUSTERS = 20


class Feed:
    """Serves on the loopback from a thread of its own; `rate` objects change each second, in batches."""

    def __init__(self, entries, rate, proxies):
        self.entries, self.rate = entries, rate
        self.pods = [f"workload-{n}-5d9f8c7b6-abcde" for n in range(proxies)]
        self.version, self.polls, self.port = 1, 0, None
        ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self.serve(ready)), daemon=True).start()
        ready.wait()

    @property
    def server(self):
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, ready):
        server = await asyncio.start_server(self.connection, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await server.serve_forever()

    async def connection(self, reader, writer):
        try:
            while line := await reader.readline():
                target = line.split()[1].decode()
                while (await reader.readline()).strip():
                    pass
                path, _, query = target.partition("?")
                options = dict(part.partition("=")[::2] for part in query.split("&") if part)
                if options.get("watch") == "true":
                    await self.watch(writer, path)
                elif path.endswith("/log"):
                    await self.stream(writer, None)
                else:
                    status, body = self.answer(path, options)
                    text = json.dumps(body).encode()
                    writer.write(b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                                 % (status, len(text)) + text)
                    await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def answer(self, path, options):
        if path == GROUP:
            return 200, {"kind": "APIGroup", "versions": [{"version": "v1"}]}
        if path == GROUP + "/v1":
            return 200, {"kind": "APIResourceList", "resources": [{"name": "serviceentries"}]}
        if path == ENTRIES:
            start = int(options.get("continue") or 0)
            end = min(self.entries, start + int(options.get("limit") or self.entries))
            meta = {"resourceVersion": str(self.version)}
            if end < self.entries:
                meta["continue"] = str(end)
            return 200, {"kind": "ServiceEntryList", "metadata": meta, "items": [self.entry(n) for n in range(start, end)]}
        if path == "/api/v1/pods":
            return 200, {"kind": "PodList", "metadata": {"resourceVersion": "1"}, "items": [self.pod(n) for n in self.pods]}
        if path in ("/api/v1/services", "/api/v1/endpoints"):
            return 200, {"kind": "List", "metadata": {"resourceVersion": "1"}, "items": []}
        if path.endswith("/proxy/debug/syncz"):
            return 200, []
        if path.endswith("/proxy/debug/mesh"):
            return 200, {"outboundTrafficPolicy": {}}
        if path.endswith("/proxy/version"):
            return 200, "1.28.0"
        if path.endswith("/proxy/clusters"):
            self.polls += 1
            return 200, {"cluster_statuses": [self.cluster(n) for n in range(PROXY_CLUSTERS)]}
        if path.endswith("/proxy/stats"):
            return 200, {"stats": [{"name": "server.uptime", "value": int(time.monotonic())}]}
        return 404, {"kind": "Status", "code": 404, "message": path + " is not served"}

    def entry(self, number, version=1):
        return {"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry",
                "metadata": {"name": f"entry-{number:05}", "namespace": f"team-{number % 20}", "resourceVersion": str(version),
                             "uid": f"u-{number}", "creationTimestamp": "2026-11-21T08:00:00Z"},
                "spec": {"hosts": [f"host-{number}.example.com"], "location": "MESH_EXTERNAL", "resolution": "DNS",
                         "ports": [{"number": 1024 + (number + version) % 60000, "name": "tls", "protocol": "TLS"}]}}

    @staticmethod
    def pod(name):
        return {"metadata": {"name": name, "namespace": "default", "resourceVersion": "1"},
                "spec": {"containers": [{"name": "app"}, {"name": "istio-proxy"}]},
                "status": {"podIP": "10.0.0.1", "phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}

    @staticmethod
    def cluster(number):
        stats = [{"name": "cx_active", "value": "1"}, {"name": "cx_total", "value": "7"}, {"name": "rq_total", "value": "7"}]
        address = {"socket_address": {"address": f"203.0.113.{number}", "port_value": 443}}
        return {"name": f"outbound|443||host-{number}.example.com",
                "host_statuses": [{"address": address, "stats": stats, "health_status": {"eds_health_status": "HEALTHY"}}]}

    async def watch(self, writer, path):
        await self.stream(writer, self.changes if path == ENTRIES and self.rate else None)

    async def stream(self, writer, changes):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        await writer.drain()
        while changes is None:
            await asyncio.sleep(3600)
        async for text in changes():
            writer.write(b"%x\r\n" % len(text) + text + b"\r\n")
            await writer.drain()

    async def changes(self):
        """Twenty batches a second, each of objects that lie far apart."""
        due = time.monotonic()
        while True:
            lines = []
            for _ in range(self.rate // 20):
                self.version += 1
                number = self.version * 7919 % self.entries
                lines.append(json.dumps({"type": "MODIFIED", "object": self.entry(number, self.version)}))
            yield ("\n".join(lines) + "\n").encode()
            due += 0.05
            await asyncio.sleep(max(0, due - time.monotonic()))
