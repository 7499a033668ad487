/// The servers of all Gateways that choose a proxy, put together by the address and port that they listen at.
struct GatewayServers {
    struct Server {
        /// `NAMESPACE/NAME` of its Gateway.
        let gateway: String
        /// The Gateway, and which of its servers it is.
        let because: Because
        let settings: Gateway.Server
        /// Its hosts, and the namespace whose VirtualServices alone a host is for; nil for all.
        let hosts: [(namespace: String?, host: String)]
        /// Finds places in `hosts`.
        let index: HostIndex
        /// The route configuration of a server for requests.
        let route: String?

        /// The hosts as names in the TLS hello.
        var serverNames: [String] { Set(hosts.map(\.host)).sorted() }

        /// The hosts that a VirtualService and this server share, each with the VirtualService's field; the narrower of
        /// the two, if one has a `*`.
        func common(with service: VirtualService) -> [(field: String, host: String)] {
            var seen: Set<String> = []
            return service.hosts.enumerated().flatMap { number, host in
                index.overlapping(host).compactMap { place in
                    let own = hosts[place]
                    guard own.namespace.map({ $0 == service.meta.namespace }) ?? true else { return nil }
                    let narrower = (HostName.covers(own.host, host) ? host : own.host).lowercased()
                    return seen.insert(narrower).inserted ? ("spec.hosts[\(number)]", narrower) : nil
                }
            }
        }
    }

    /// What is listened for at one address and port.
    struct Place {
        let bind: String
        let port: Int
        var servers: [Server]
        /// Without TLS: one server, or several for requests, which share their routes.
        let isPlain: Bool
    }

    private(set) var places: [Place] = []
    private(set) var report = PushReport()
    /// The hosts that TLS is answered or passed on for, by address and port.
    private var taken: [String: Set<String>] = [:]

    /// Collects servers in istiod's order: of the older Gateway first.
    init(index: ServiceIndex, target: PlanTarget) {
        let gateways = index.mesh.gateways.filter { gateway in
            MeshConfiguration.isVisible(gateway.meta)
                && gateway.selector.allSatisfy { target.labels[$0.key] == $0.value }
        }
        let services = index.kubernetesServices(in: target.namespace, choosing: target.labels)
        for gateway in gateways.sorted(by: Self.isOlder) {
            for (number, server) in gateway.servers.enumerated() {
                let found = services.lazy.compactMap { $0.ports.first { $0.number == server.port.number } }.first
                let target = found?.targetPort.flatMap { $0 == 0 ? nil : $0 }
                add(server, number, of: gateway, at: target ?? server.port.number)
            }
        }
    }

    private static func isOlder(_ one: Gateway, _ other: Gateway) -> Bool {
        (one.meta.creationSecond, one.meta.name, one.meta.namespace)
            < (other.meta.creationSecond, other.meta.name, other.meta.namespace)
    }

    private mutating func add(_ server: Gateway.Server, _ number: Int, of gateway: Gateway, at port: Int) {
        let bind = server.bind.isEmpty ? ListenerPlan.wildcard : server.bind
        let name = "\(gateway.meta.namespace)/\(gateway.meta.name)"
        let hosts = Self.hosts(of: server, namespace: gateway.meta.namespace)
        let new = Server(
            gateway: name, because: Because(gateway.id, "spec.servers[\(number)]"), settings: server, hosts: hosts,
            index: HostIndex(hosts.enumerated().map { (host: $0.element.host, number: $0.offset) }),
            route: Self.route(of: server, port: port, gateway: gateway.meta))
        if server.tls != nil {
            let key = ListenerPlan.name(bind: bind, port: port)
            let written = hosts.map { ($0.namespace.map { "\($0)/" } ?? "") + $0.host }
            if let twice = written.first(where: { taken[key]?.contains($0) == true }) {
                return reject(new, "host \(twice) is another server's on port \(port) already")
            }
            taken[key, default: []].formUnion(written)
        }
        guard let place = places.firstIndex(where: { $0.bind == bind && $0.port == port }) else {
            let isPlain = server.tls == nil || server.port.parsedProtocol.isHTTP
            places.append(Place(bind: bind, port: port, servers: [new], isPlain: isPlain))
            return
        }
        if places[place].isPlain {
            let first = places[place].servers[0].settings.port
            guard first.parsedProtocol.isHTTP, server.port.parsedProtocol.isHTTP else {
                return reject(new, "port \(port) is a server's for \(first.protocolText) already")
            }
        } else {
            guard server.tls != nil, !server.port.parsedProtocol.isHTTP else {
                return reject(new, "port \(port) is a server's with TLS already")
            }
            if let route = new.route, places[place].servers.contains(where: { $0.route == route }) {
                return reject(new, "port name \(server.port.name) is another server's already")
            }
        }
        places[place].servers.append(new)
    }

    /// Notes a server or rule that is left out, under its Gateway.
    mutating func reject(_ server: Server, _ reason: String) {
        report.add(
            PushReport.rejectedConfig, key: server.gateway,
            message: "\(server.because.object) \(server.because.field) is left out: \(reason)")
    }

    private static func hosts(
        of server: Gateway.Server, namespace: String
    ) -> [(namespace: String?, host: String)] {
        server.hosts.map { text in
            guard let slash = text.firstIndex(of: "/") else { return (nil, text) }
            let place = text[..<slash]
            let host = String(text[text.index(after: slash)...])
            return (place == "*" ? nil : place == "." ? namespace : String(place), host)
        }
    }

    private static func route(of server: Gateway.Server, port: Int, gateway: ObjectMeta) -> String? {
        let bind = server.bind.isEmpty ? "" : ".\(server.bind)"
        if server.port.parsedProtocol.isHTTP { return "http.\(port)\(bind)" }
        guard server.answersHTTPS else { return nil }
        return "https.\(server.port.number).\(server.port.name).\(gateway.name).\(gateway.namespace)\(bind)"
    }
}

extension Gateway.Server {
    /// Whether it answers TLS and reads the requests in it.
    var answersHTTPS: Bool { port.parsedProtocol == .https && tls != nil && !passesOn }

    /// Whether it passes TLS on by the name in the hello.
    var passesOn: Bool { tls?.mode == .passthrough || tls?.mode == .autoPassthrough }
}
