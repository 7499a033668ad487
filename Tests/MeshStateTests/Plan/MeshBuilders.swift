import FoundationEssentials

@testable import MeshState

extension ObjectMeta {
    /// An object that was made this many seconds before the others.
    static func make(
        _ name: String, namespace: String = "default", age: Double = 0, labels: [String: String] = [:]
    ) -> ObjectMeta {
        ObjectMeta(
            name: name, namespace: namespace, creationTime: Date(timeIntervalSince1970: 1_700_000_000 - age),
            labels: labels)
    }
}

extension ServiceEntry {
    static func make(
        _ name: String, _ host: String, namespace: String = "default", addresses: [String] = [], ports: [ServicePort],
        resolution: Resolution = .none, endpoints: [EntryEndpoint] = [], exportTo: [String] = [], age: Double = 0,
        labels: [String: String] = [:]
    ) -> ServiceEntry {
        ServiceEntry(
            meta: .make(name, namespace: namespace, age: age, labels: labels), hosts: [host], addresses: addresses,
            ports: ports, resolution: resolution, endpoints: endpoints, exportTo: exportTo)
    }
}

extension ServicePort {
    static func make(_ number: Int, _ protocolText: String, target: Int? = nil) -> ServicePort {
        ServicePort(
            number: number, name: "\(protocolText.isEmpty ? "auto" : protocolText.lowercased())-\(number)",
            protocolText: protocolText, targetPort: target)
    }
}
