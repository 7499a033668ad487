public import Foundation

/// What the API needs to know of the running workloads behind its pods.
public protocol PodRuntime: Sendable {
    /// The file that a container's output goes to, which need not exist yet; nil where the container has none.
    func logFile(namespace: String, pod: String, container: String) async -> URL?

    /// Where on this machine a port at an address of the mesh can be dialled; nil for an address that leads nowhere.
    func dialAddress(_ address: String, port: Int) async -> (host: String, port: Int)?
}
