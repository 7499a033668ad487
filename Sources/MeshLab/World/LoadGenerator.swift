import AsyncHTTPClient
import NIOCore

/// The lab's visitor: asks for a page again and again, so that the mesh has traffic from its first second.
public struct LoadGenerator: Sendable {
    private let url: String
    private let interval: Duration

    /// - Parameter interval: the time between two requests.
    public init(url: String, interval: Duration = .seconds(1)) {
        self.url = url
        self.interval = interval
    }

    /// Asks until the task is cancelled; what the answer is, or that there is none, does not matter.
    public func run() async {
        let client = WorkloadClient(timeout: .seconds(5))
        while !Task.isCancelled {
            _ = try? await client.get(url)
            try? await Task.sleep(for: interval)
        }
        await client.shutDown()
    }
}
