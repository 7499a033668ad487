import Foundation
import MeshState
import Testing

/// The documents' steps, one test each, all on one lab. The suites are in files of their own.
@Suite(.serialized, .sharedLab) struct DocumentTests {}

/// One lab for all tests of a suite: started before the first, stopped after the last.
struct SharedLab: SuiteTrait, TestScoping {
    @TaskLocal fileprivate static var running: DocumentLab?

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await TestLab.run { lab in
            let shared = DocumentLab(
                lab: lab, objects: try await lab.meshObjects(), versions: try await lab.configurationVersions())
            try await Self.$running.withValue(shared) { try await function() }
        }
    }
}

extension Trait where Self == SharedLab {
    static var sharedLab: Self { Self() }
}

/// A lab on which examples are applied and taken away again.
struct DocumentLab: Sendable {
    let lab: TestLab
    /// What the lab began with, by kind, namespace and name.
    fileprivate let objects: [String: JSONValue]
    /// What the proxies had before any example was applied.
    fileprivate let versions: JSONValue

    /// The lab of the suite that the running test belongs to.
    static var current: DocumentLab {
        get throws {
            guard let lab = SharedLab.running else { throw CommandFailure(description: "the suite lacks .sharedLab") }
            return lab
        }
    }

    /// Applies examples in order, hands over, and takes them away, whatever becomes of `body`; returns when all proxies
    /// are as they were before any.
    static func applying(_ examples: String..., body: (DocumentLab) async throws -> Void) async throws {
        try await applying(examples, body: body)
    }

    static func applying(_ examples: [String], body: (DocumentLab) async throws -> Void) async throws {
        let lab = try current
        do {
            for example in examples { try await lab.apply(example) }
            try await body(lab)
        } catch {
            _ = try? await lab.cleanUp()
            throw error
        }
        try await lab.cleanUp()
    }

    /// Applies one example, such as `egress-tcp/mysql-external`.
    @discardableResult
    func apply(_ example: String) async throws -> String {
        try await lab.kubectl("apply", "-f", Self.file(example))
    }

    /// Applies a text.
    @discardableResult
    func apply(text: String) async throws -> String { try await lab.kubectl("apply", "-f", "-", input: text) }

    /// The path of an example.
    static func file(_ example: String) -> String { projectFolder.appending(path: "examples/\(example).yaml").path }

    /// Gives the mesh the objects that it began with, and waits until the proxies have what they had.
    private func cleanUp() async throws {
        let now = try await lab.meshObjects()
        let made = now.filter { objects[$0.key] == nil }.values
        if !made.isEmpty { try await lab.kubectl("delete", "-f", "-", "--ignore-not-found", input: Self.list(made)) }
        let missing = objects.filter { now[$0.key] != $0.value }.values
        if !missing.isEmpty { try await lab.kubectl("apply", "-f", "-", input: Self.list(missing)) }
        try await eventually("the proxies are as they were before the example") {
            try await lab.configurationVersions() == versions
        }
    }

    private static func list(_ objects: some Collection<JSONValue>) -> String {
        objects.map { $0.jsonText() }.joined(separator: "\n")
    }

    // MARK: - Calls

    /// The proxy of `sleep`.
    var sidecar: ProxyView { ProxyView(lab: lab, namespace: "default", label: "app=sleep") }
    /// The egress gateway.
    var gateway: ProxyView { ProxyView(lab: lab, namespace: "istio-system", label: "istio=egressgateway") }

    /// The documents' call to the news: its headers, those of the page that it is sent on to included.
    func politics(_ scheme: String = "http") async throws -> String {
        try await lab.exec(
            "sleep", "curl", "-sSL", "-o", "/dev/null", "-D", "-", "\(scheme)://edition.cnn.com/politics"
        ).output
    }

    /// Waits until a call from `sleep` succeeds and prints what `isExpected` accepts.
    func expect(
        _ what: String, from workload: String = "sleep", _ command: String..., isExpected: (String) -> Bool
    ) async throws {
        var last: CommandResult?
        do {
            try await eventually(what) {
                let result = try await lab.exec(workload, command)
                last = result
                return result.status == 0 && isExpected(result.output)
            }
        } catch {
            throw CommandFailure(
                description: "\(error); \(command.joined(separator: " ")) ended with \(last?.description ?? "nothing")")
        }
    }
}

extension TestLab {
    /// The namespaces, services and the mesh's configuration: what a person would have written, by kind, namespace and name.
    func meshObjects() async throws -> [String: JSONValue] {
        let kinds = try await kubectl("api-resources", "--api-group=networking.istio.io", "-o", "name")
            .split(separator: "\n").joined(separator: ",")
        let list = try JSONValue(
            parsing: try await kubectl("get", "\(kinds),namespaces,services,networkpolicies", "-A", "-o", "json"))
        var result: [String: JSONValue] = [:]
        for object in list["items"]?.arrayValue ?? [] {
            var metadata: JSONValue = ["name": object["metadata"]?["name"] ?? ""]
            if let namespace = object["metadata"]?["namespace"] { metadata["namespace"] = namespace }
            result["\(object["kind"]?.stringValue ?? "") \(metadata.jsonText())"] = [
                "apiVersion": object["apiVersion"] ?? "", "kind": object["kind"] ?? "", "metadata": metadata,
                "spec": object["spec"] ?? [:],
            ]
        }
        return result
    }

    /// Each proxy's versions as istiod's `syncz` has them; empty texts while one is not in sync. A version is a hash of
    /// what it stands for, so that the same configuration has the same one.
    func configurationVersions() async throws -> JSONValue {
        let answer = try await kubectl(
            "get", "--raw", "/api/v1/namespaces/istio-system/services/istiod:15014/proxy/debug/syncz")
        var result: [String: JSONValue] = [:]
        for proxy in try JSONValue(parsing: answer).arrayValue ?? [] {
            for type in ["cluster", "listener", "route"] {
                let (sent, acked) = (proxy["\(type)_sent"] ?? "", proxy["\(type)_acked"] ?? "")
                result["\(proxy["proxy"]?.stringValue ?? "") \(type)"] =
                    sent != acked ? "" : sent == "" ? "nothing sent" : acked
            }
        }
        return .object(result)
    }
}
