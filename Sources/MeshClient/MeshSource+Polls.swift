import MeshState

extension MeshSource {
    /// Asks one proxy for its clusters and counters.
    func adminPoller(of proxy: ProxyID) -> Poller {
        let admin: any ProxyAdmin = APIProxyAdmin(client: client)
        let deadline = settings.answerDeadline
        return Poller(
            source: .admin(proxy), sink: sink, alarm: alarms.alarm(for: .admin(proxy)), interval: interval,
            policy: settings.policy, server: client.access.server
        ) {
            async let clusters = admin.get("clusters", query: [("format", "json")], of: proxy, deadline: deadline)
            async let stats = admin.get(
                "stats", query: [("usedonly", ""), ("format", "json")], of: proxy, deadline: deadline)
            return [
                .traffic(
                    proxy: proxy, clusters: try ClusterStatus.list(from: JSONValue(parsing: await clusters)),
                    stats: try ProxyStats(document: JSONValue(parsing: await stats)))
            ]
        }
    }

    /// Asks istiod which proxies are in sync, and what the mesh's policy is.
    var istiodPoller: Poller {
        let client = client
        let namespace = options.istioNamespace
        let deadline = settings.answerDeadline
        @Sendable func get(_ path: String) async throws -> [UInt8] {
            do {
                return try await client.getThroughService(
                    "istiod", namespace: namespace, port: 15_014, path: path, what: "istiod's \(path)",
                    deadline: deadline)
            } catch var failure as RequestFailure {
                switch failure.kind {
                case .denied:
                    failure.message +=
                        "; this needs the right to get services/proxy in \(namespace), and an istiod that answers it:"
                        + " from 1.11 on it may want a token of its own namespace"
                case .notFound:
                    failure.message = "there is no service istiod in \(namespace): is Istio installed there?"
                default: break
                }
                throw failure
            }
        }
        return Poller(
            source: .istiod, sink: sink, alarm: alarms.alarm(for: .istiod), interval: PollInterval(Self.istiodInterval),
            policy: settings.policy, server: client.access.server
        ) {
            async let sync = get("debug/syncz")
            async let mesh = get("debug/mesh")
            async let version = get("version")
            return [
                .syncStatus(try ProxySync.list(from: JSONValue(parsing: await sync))),
                .mesh(
                    policy: try OutboundPolicy(mesh: JSONValue(parsing: await mesh)),
                    version: IstioVersion.shownVersion(String(decoding: try await version, as: UTF8.self))),
            ]
        }
    }
}
