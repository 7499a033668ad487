import Foundation
import Testing

@testable import MeshState

/// Meshes and plans as text, so that a test shows what goes in and what comes out.
enum PlanText {
    /// A mesh of YAML documents; what names no namespace is in `default`, and each document is a second younger than the
    /// one before it.
    static func mesh(_ yaml: String, policy: OutboundPolicy = .registryOnly) throws -> MeshConfiguration {
        var mesh = MeshConfiguration(policy: policy)
        for (index, document) in try YAMLText.parse(yaml).enumerated() {
            var object = document
            var metadata = try #require(object["metadata"])
            if metadata["namespace"] == nil { metadata["namespace"] = "default" }
            if metadata["creationTimestamp"] == nil {
                metadata["creationTimestamp"] = .string(
                    Date(timeIntervalSince1970: 1_700_000_000 + Double(index)).formatted(.iso8601))
            }
            object["metadata"] = metadata
            if object["apiVersion"] == nil { object["apiVersion"] = "networking.istio.io/v1" }
            #expect(try mesh.add(object), "a kind that decides nothing: \(object["kind"] ?? .null)")
        }
        return mesh
    }

    static func planner(
        _ yaml: String, namespace: String = "default", labels: [String: String] = [:], kind: Pod.ProxyKind = .sidecar
    ) throws -> OutboundPlanner {
        OutboundPlanner(
            index: ServiceIndex(try mesh(yaml)),
            target: PlanTarget(namespace: namespace, kind: kind, labels: labels))
    }

    /// The plan of the egress gateway.
    static func gateway(_ yaml: String) throws -> OutboundPlanner {
        try planner(yaml, namespace: "istio-system", labels: ["istio": "egressgateway"], kind: .gateway)
    }

    /// One line a chain: `NAME: MATCH -> TARGET`.
    static func listeners(_ plan: ProxyPlan) -> [String] {
        plan.listeners.flatMap { listener in
            listener.chains.map { chain in
                var match: [String] = []
                if chain.match.isHTTP { match.append("http") }
                if chain.match.isMeshTLS { match.append("istio") }
                match += chain.match.serverNames
                match += chain.match.prefixes.map { "\($0.address)/\($0.length)" }
                let target =
                    switch chain.action {
                    case .http(let route): "rds \(route)"
                    case .tcp(let ways): text(ways)
                    }
                let tls = chain.tls.map { " \($0.mode.rawValue)" } ?? ""
                return "\(listener.name)\(listener.isBound ? "" : "*"):\(tls) "
                    + "\(match.isEmpty ? "any" : match.joined(separator: " ")) -> \(target)"
            }
        }
    }

    /// One line a route: `CONFIGURATION HOST(DOMAINS): MATCH -> TARGET`.
    static func routes(_ plan: ProxyPlan, only name: String? = nil) -> [String] {
        plan.routes.filter { $0.name == name ?? $0.name }.flatMap { configuration in
            let hosts = configuration.virtualHosts.flatMap { host in
                let head =
                    "\(configuration.name) \(host.name)(\(host.domains.joined(separator: " ")))"
                    + (host.requiresTLS ? " https only" : "")
                return host.routes.isEmpty ? [head] : host.routes.map { "\(head): \(text($0))" }
            }
            return switch configuration.catchAll {
            case .none, .lastResort: hosts
            case .notFound(let port): hosts + ["\(configuration.name) blackhole:\(port)"]
            }
        }
    }

    static func text(_ ways: [WeightedCluster]) -> String {
        ways.map { way in
            let weight = ways.count == 1 ? "" : "*\(way.weight)"
            return way.cluster + weight + (way.authority.map { " as \($0)" } ?? "")
        }.joined(separator: " + ")
    }

    static func text(_ route: RoutePlan.Route) -> String {
        var parts: [String] = []
        if let match = route.match {
            for (name, value) in [
                ("", match.uri), ("method ", match.method), ("scheme ", match.scheme), ("host ", match.authority),
            ] {
                if let value { parts.append(name + text(value)) }
            }
            parts += match.headers.sorted { $0.key < $1.key }.map { "\($0.key)=\(text($0.value))" }
            parts += match.withoutHeaders.sorted { $0.key < $1.key }.map { "not \($0.key)=\(text($0.value))" }
            parts += match.queryParameters.sorted { $0.key < $1.key }.map { "?\($0.key)=\(text($0.value))" }
        }
        let target =
            switch route.action {
            case .forward(let ways): text(ways)
            case .redirect(let redirect):
                "redirect \(redirect.code) \(redirect.scheme ?? "")://\(redirect.authority ?? ""):"
                    + "\(redirect.port.map { "\($0)" } ?? "")\(redirect.uri ?? "")"
            case .respond(let response): "\(response.status)"
            }
        var extras: [String] = []
        if !route.name.isEmpty { extras.append("name \(route.name)") }
        if let uri = route.rewrite?.uri { extras.append("path \(uri)") }
        if let authority = route.rewrite?.authority { extras.append("as \(authority)") }
        if let timeout = route.timeout { extras.append("timeout \(timeout)") }
        if let retries = route.retries { extras.append("retries \(retries.attempts)") }
        if let status = route.fault?.abortStatus { extras.append("abort \(status)") }
        extras += route.mirrors.map { "mirror \($0.cluster) \($0.share)%" }
        extras.append(route.operation)
        return
            "\(parts.isEmpty ? "any" : parts.joined(separator: " ")) -> \(target) (\(extras.joined(separator: ", ")))"
    }

    static func text(_ match: VirtualService.StringMatch) -> String {
        switch match {
        case .exact(let text): text
        case .prefix(let text): text + "…"
        case .regex(let text): "~\(text)"
        case .present: "present"
        }
    }

    static func because(_ because: [Because]) -> [String] {
        because.map { "\($0.object) \($0.field)" }
    }
}
