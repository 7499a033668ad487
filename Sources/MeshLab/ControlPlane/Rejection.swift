import Foundation
import MeshState

/// Envoy would not take a configuration.
struct Rejection: Error, Sendable, Hashable {
    var type: DiscoveryType
    /// The resources that it is about; empty when Envoy does not say.
    var names: Set<String>
    var reason: String
}

/// Finds Envoy's reasons in its log.
enum LogReasons {
    private static let marks = ["Filesystem config update rejected: ", "Filesystem config update failure: "]

    /// The reasons why updates were not taken, each once and on one line.
    static func reasons(in log: String) -> [String] {
        var seen: Set<String> = []
        var result: [String] = []
        var lines = log.split(separator: "\n", omittingEmptySubsequences: false)[...]
        while let line = lines.popFirst() {
            guard let mark = marks.compactMap({ line.range(of: $0) }).first else { continue }
            // A reason may go on over lines that do not begin with a time.
            var message = [line[mark.upperBound...]]
            while let next = lines.first, !next.hasPrefix("[") { message.append(lines.removeFirst()) }
            let reason = readable(message)
            if seen.insert(reason).inserted { result.append(reason) }
        }
        return result
    }

    /// Where Envoy prints the whole resource before its reason, its name and the reason say enough.
    private static func readable(_ message: [Substring]) -> String {
        guard message.first?.hasPrefix("goo.gle/debug") == true,
            let reason = message.last(where: { $0.hasPrefix(": ") })
        else { return message.joined(separator: " ").trimmingCharacters(in: .whitespaces) }
        let name = message.lazy.compactMap { line in
            ["name: \"", "cluster_name: \""].lazy.compactMap { line.hasPrefix($0) ? line.dropFirst($0.count) : nil }
                .first
        }.first
        return (name.map(String.init)?.replacingOccurrences(of: "\"", with: "") ?? "a resource") + reason
    }
}

extension DiscoveryStats {
    /// Whether Envoy rejected something of a type that it had not rejected then.
    func hasRejected(_ type: DiscoveryType, since before: DiscoveryStats?) -> Bool {
        switch type {
        case .cds: clusters.rejections > (before?.clusters.rejections ?? 0)
        case .lds: listeners.rejections > (before?.listeners.rejections ?? 0)
        case .rds: routes.contains { $0.value.rejections > (before?.routes[$0.key]?.rejections ?? 0) }
        }
    }
}

extension EnvoyResources {
    private static func path(_ type: DiscoveryType) -> WritableKeyPath<EnvoyResources, [String: EnvoyResource]> {
        switch type {
        case .cds: \.clusters
        case .lds: \.listeners
        case .rds: \.routes
        }
    }

    /// The resources of a type that one of Envoy's reasons begins a sentence about.
    func names(in reasons: [String], of type: DiscoveryType) -> Set<String> {
        Set(self[keyPath: Self.path(type)].keys.filter { name in reasons.contains { $0.contains("\(name): ") } })
    }

    /// This configuration with each resource that was rejected as it was before, or left out if it is new; nil when the
    /// rejection names none.
    func replacing(_ rejection: Rejection, from good: EnvoyResources?) -> EnvoyResources? {
        let path = Self.path(rejection.type)
        var result = self
        for name in rejection.names {
            let former = good?[keyPath: path][name]
            // Routes have files of their own, which must stay while a listener names them.
            if former == nil && rejection.type == .rds { continue }
            result[keyPath: path][name] = former
        }
        return result == self ? nil : result
    }
}
