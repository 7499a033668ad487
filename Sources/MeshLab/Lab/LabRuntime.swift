import Foundation

/// Where the API finds what runs in the lab's pods.
struct LabRuntime: PodRuntime {
    let layout: LabLayout

    func logFile(namespace: String, pod: String, container: String) async -> URL? {
        layout.logFile(namespace: namespace, pod: pod, container: container)
    }

    func dialAddress(_ address: String, port: Int) async -> (host: String, port: Int)? {
        layout.loopback(for: address).map { ($0, layout.loopbackPort(for: port)) }
    }
}
