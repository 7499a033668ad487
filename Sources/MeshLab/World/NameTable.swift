import Synchronization

/// The addresses that the lab's name server knows, safe to read and change from anywhere.
public final class NameTable: Sendable {
    private let addresses: Mutex<[String: String]>

    /// - Parameter addresses: IPv4 addresses by name; a name may start with `*.`.
    public init(_ addresses: [String: String]) {
        self.addresses = Mutex(Self.folded(addresses))
    }

    /// Puts a new table in the place of the old one.
    public func replace(with addresses: [String: String]) {
        self.addresses.withLock { $0 = Self.folded(addresses) }
    }

    /// A name's address, by its own entry or by that of the nearest wildcard; nil for an unknown name.
    public func address(of name: String) -> String? {
        let name = name.lowercased()
        return addresses.withLock { addresses in
            if let address = addresses[name] { return address }
            var rest = name[...]
            while let dot = rest.firstIndex(of: ".") {
                rest = rest[rest.index(after: dot)...]
                if let address = addresses["*.\(rest)"] { return address }
            }
            return nil
        }
    }

    /// The name that has an address, the first in the alphabet if there are several; wildcards are none.
    public func name(of address: String) -> String? {
        addresses.withLock { addresses in
            addresses.filter { $0.value == address && !$0.key.hasPrefix("*") }.keys.min()
        }
    }

    private static func folded(_ addresses: [String: String]) -> [String: String] {
        Dictionary(addresses.map { ($0.key.lowercased(), $0.value) }, uniquingKeysWith: { $1 })
    }
}
