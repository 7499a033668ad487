public import Foundation
public import MeshState

/// How the lab fares; the lab process keeps it in `status.json` of the state folder.
public struct LabStatus: Codable, Sendable, Hashable {
    public enum Phase: String, Codable, Sendable { case starting, ready, failed, stopping, stopped }

    public struct ProxyStatus: Codable, Sendable, Hashable {
        public var proxy: String
        public var namespace: String
        public var workload: String
        public var live: Bool
        public var synced: Bool
        /// Envoy's reason for a configuration that it refused.
        public var rejection: String?
    }

    public struct ProgramStatus: Codable, Sendable, Hashable {
        public var name: String
        /// nil while it is not running.
        public var pid: Int32?
        public var restarts: Int
    }

    public var phase: Phase
    /// What is being done while starting, or why it failed.
    public var detail: String
    public var pid: Int32
    public var outboundPolicy: String
    /// Whether sidecars answer for names, with the addresses that istiod allocates.
    public var dnsCapture: Bool?
    public var server: String
    public var kubeconfig: String
    public var productPage: String
    public var proxies: [ProxyStatus]
    public var programs: [ProgramStatus]

    static func file(in stateDirectory: URL) -> URL { stateDirectory.appending(path: "status.json") }

    /// The status as the lab process last wrote it, or `stopped` where none runs.
    public static func current(stateDirectory: URL) throws -> LabStatus? {
        guard let data = try? Data(contentsOf: file(in: stateDirectory)) else { return nil }
        var status = try JSONDecoder().decode(LabStatus.self, from: data)
        if status.phase != .failed, try !LabLock.isHeld(stateDirectory: stateDirectory) {
            status.phase = .stopped
            status.detail = ""
            status.proxies = []
            status.programs = []
        }
        return status
    }

    func write(to stateDirectory: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(self).writePrivately(to: Self.file(in: stateDirectory))
    }
}

extension LabStatus {
    /// What `meshtop lab status -o json` prints.
    public static let fields = [
        RecordField("phase", .string, "starting, ready, failed, stopping or stopped"),
        RecordField("detail", .string, "what is being done while starting, or why it failed; else empty"),
        RecordField("pid", .integer, "the lab's process"),
        RecordField("outboundPolicy", .string, "what becomes of calls to unknown hosts"),
        RecordField(
            "dnsCapture", .boolean, "whether sidecars answer for names",
            when: "a release that has it started the lab"),
        RecordField("server", .string, "the address of its Kubernetes API"),
        RecordField("kubeconfig", .string, "the file with which kubectl speaks to it"),
        RecordField("productPage", .string, "Bookinfo's page"),
        RecordField("proxies[].proxy", .string, "a proxy's pod"),
        RecordField("proxies[].namespace", .string, "its namespace"),
        RecordField("proxies[].workload", .string, "its workload"),
        RecordField("proxies[].live", .boolean, "whether Envoy answers"),
        RecordField("proxies[].synced", .boolean, "whether it has the newest configuration"),
        RecordField("proxies[].rejection", .string, "Envoy's reason for a configuration that it refused", when: "it refused one"),
        RecordField("programs[].name", .string, "one program of the lab"),
        RecordField("programs[].pid", .integer, "its process", when: "it runs"),
        RecordField("programs[].restarts", .integer, "how often it was started again"),
    ]
}
