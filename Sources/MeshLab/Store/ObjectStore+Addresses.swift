import MeshState

extension ObjectStore {
    /// Gives a Service the cluster address that it asks for, or one that no other has; headless and external ones get
    /// none.
    func assignAddress(_ object: inout JSONValue) throws {
        guard case .object(var spec) = object["spec"] ?? [:], spec["type"] != "ExternalName" else { return }
        let name = object["metadata"]?["name"]?.stringValue ?? ""
        let namespace = object["metadata"]?["namespace"]?.stringValue
        var address = spec["clusterIP"]?.stringValue ?? spec["clusterIPs"]?[0]?.stringValue ?? ""
        if address != "None" {
            let others = list(.services).objects.filter {
                $0["metadata"]?["name"]?.stringValue != name || $0["metadata"]?["namespace"]?.stringValue != namespace
            }
            let taken = Set(others.compactMap { $0["spec"]?["clusterIP"]?.stringValue })
            if address.isEmpty {
                // 10.96.1.1 to 10.96.255.254, above the addresses of the lab's own services.
                let free = (256..<0xFFFF).lazy.filter { (1...254).contains($0 & 0xFF) }.map {
                    "10.96.\($0 >> 8).\($0 & 0xFF)"
                }.first { !taken.contains($0) }
                guard let free else { throw StoreError.noAddressLeft(name: name) }
                address = free
            } else if taken.contains(address) {
                throw StoreError.addressTaken(name: name, address: address)
            }
        }
        spec["clusterIP"] = .string(address)
        spec["clusterIPs"] = [.string(address)]
        object["spec"] = .object(spec)
    }
}
