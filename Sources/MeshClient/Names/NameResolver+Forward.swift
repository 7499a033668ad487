import MeshState

extension NameResolver {
    /// An IPv4 address of a name, or the address itself where the text is one; nil where the name servers know none.
    ///
    /// - Throws: where no name server answers.
    public func address(of host: String) async throws -> String? {
        if let address = IPAddress(host) { return address.description }
        return try await addresses(of: host, isIPv4: true).map(\.description).min()
    }
}
