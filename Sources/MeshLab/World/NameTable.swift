import Synchronization

/// The addresses that the lab's name servers know, safe to read and change from anywhere.
///
/// A name is looked up in one layer after the other; the first that knows it answers.
public final class NameTable: Sendable {
    /// Whose addresses a part of the table holds, in the order in which they are asked.
    public enum Layer: Int, Sendable, CaseIterable {
        /// The Services of the mesh.
        case services
        /// What the control plane made up for hosts of ServiceEntries (240.240.0.0/16): told to workloads alone, whose
        /// proxies know what to do with such an address.
        case virtual
        /// The hosts outside the mesh.
        case outside

        /// For how many seconds an answer may be kept: the world outside stays as it is.
        var timeToLive: UInt16 { self == .outside ? 300 : 5 }
    }

    /// Who asks.
    public enum Client: Sendable {
        /// A workload behind a proxy.
        case workload
        /// A proxy, or what is outside the mesh.
        case other
    }

    private let layers: Mutex<[Layer: [String: String]]>

    /// - Parameter outside: the hosts outside the mesh: IPv4 addresses by name; a name may start with `*.`.
    public init(_ outside: [String: String]) {
        layers = Mutex([.outside: Self.folded(outside)])
    }

    /// Puts new addresses by name in the place of a layer's old ones.
    public func replace(_ layer: Layer, with addresses: [String: String]) {
        layers.withLock { $0[layer] = Self.folded(addresses) }
    }

    /// A name's address, by its own entry or by that of the nearest wildcard; nil for an unknown name.
    public func address(of name: String, for client: Client = .other) -> String? { find(name, for: client)?.address }

    /// The same with the layer that knows it.
    func find(_ name: String, for client: Client) -> (address: String, layer: Layer)? {
        let name = name.lowercased()
        return layers.withLock { layers in
            for layer in Layer.allCases where layer != .virtual || client == .workload {
                if let address = Self.address(of: name, in: layers[layer] ?? [:]) { return (address, layer) }
            }
            return nil
        }
    }

    private static func address(of name: String, in addresses: [String: String]) -> String? {
        if let address = addresses[name] { return address }
        var rest = name[...]
        while let dot = rest.firstIndex(of: ".") {
            rest = rest[rest.index(after: dot)...]
            if let address = addresses["*.\(rest)"] { return address }
        }
        return nil
    }

    /// The name that has an address, the first in the alphabet if there are several; wildcards are none.
    public func name(of address: String) -> String? {
        layers.withLock { layers in
            layers.values.joined().filter { $0.value == address && !$0.key.hasPrefix("*") }.map(\.key).min()
        }
    }

    private static func folded(_ addresses: [String: String]) -> [String: String] {
        Dictionary(addresses.map { ($0.key.lowercased(), $0.value) }, uniquingKeysWith: { $1 })
    }
}
