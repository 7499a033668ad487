import MeshState

/// Finds the name behind an address by asking the name system.
///
/// A name counts only if it resolves to the address: reverse entries say what the owner of the address likes. Names
/// that are known already, the hosts of service entries, are tried first.
public actor NameResolver {
    /// What is known of an address.
    enum Finding: Sendable, Hashable {
        /// Names that resolve to it.
        case names([String])
        case nothing
        /// The name servers did not answer.
        case failed
    }

    private static let goodFor: Duration = .seconds(300)
    private static let mostHosts = 200
    private static let mostRemembered = 4096

    private let client: DNSClient
    private var forward: [String: (addresses: Set<IPAddress>, asked: ContinuousClock.Instant)] = [:]

    /// - Parameter servers: the name servers to ask; nil for those of the system.
    public init(servers: [NameServer]? = nil) {
        self.init(client: DNSClient(servers: servers ?? NameServer.system()))
    }

    init(client: DNSClient) { self.client = client }

    /// The names behind an address.
    ///
    /// - Parameter hosts: names that may be it, such as the hosts of service entries.
    func find(_ address: IPAddress, among hosts: [String]) async -> Finding {
        do {
            var names: [String] = []
            for host in hosts.prefix(Self.mostHosts) {
                do {
                    if try await addresses(of: host, isIPv4: address.isIPv4).contains(address) { names.append(host) }
                } catch DNSClient.Failure.code {
                    continue  // One name that its servers fail on says nothing about the others.
                }
            }
            if !names.isEmpty { return .names(names) }
            for case .name(let name) in try await client.records(of: address.reverseName, .ptr) {
                let safe = name.lowercased()
                if safe == safe.madeSafe, try await addresses(of: safe, isIPv4: address.isIPv4).contains(address) {
                    names.append(safe)
                }
            }
            return names.isEmpty ? .nothing : .names(names)
        } catch {
            return .failed
        }
    }

    func addresses(of host: String, isIPv4: Bool) async throws -> Set<IPAddress> {
        let key = (isIPv4 ? "4 " : "6 ") + host
        if let known = forward[key], known.asked.duration(to: .now) < Self.goodFor { return known.addresses }
        let records = try await client.records(of: host, isIPv4 ? .a : .aaaa)
        let found = Set(records.compactMap { if case .address(let address) = $0 { address } else { nil } })
        if forward.count >= Self.mostRemembered { forward.removeAll() }
        forward[key] = (found, .now)
        return found
    }
}

extension IPAddress {
    /// The name under which the name system keeps what belongs to the address: `10.113.0.203.in-addr.arpa`.
    var reverseName: String {
        if isIPv4 { return bytes.reversed().map(String.init).joined(separator: ".") + ".in-addr.arpa" }
        let nibbles = bytes.reversed().flatMap { [String($0 & 0xF, radix: 16), String($0 >> 4, radix: 16)] }
        return nibbles.joined(separator: ".") + ".ip6.arpa"
    }
}
