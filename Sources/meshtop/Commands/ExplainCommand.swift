import ArgumentParser
import Foundation
import MeshClient
import MeshState

/// What a command takes that can look at files in place of the live mesh.
struct OfflineOptions: ParsableArguments {
    @Option(
        name: [.customShort("f"), .customLong("filename")],
        help: ArgumentHelp(
            "Look at the objects of these files in place of the live mesh; may be given several times.",
            valueName: "FILE|DIR"), completion: .file(extensions: ["yaml", "yml", "json"]))
    var files: [String] = []

    @Option(help: "The mesh's policy for what it does not know; otherwise the live mesh's, REGISTRY_ONLY for files.")
    var outboundPolicy: OutboundPolicy?

    @Option(help: ArgumentHelp("The release of Istio whose rules hold.", valueName: "VERSION"))
    var istioVersion: IstioVersion = .current

    /// The mesh of the files; nil where there are none.
    func mesh(namespace: String) throws -> MeshConfiguration? {
        guard !files.isEmpty else { return nil }
        return try MeshConfiguration(manifests: try Manifest.read(files, namespace: namespace), policy: outboundPolicy)
    }
}

struct ExplainCommand: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable { case table, json }

    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Tell where a workload's call goes, hop by hop, and what decides it.",
        discussion: """
            It walks the configuration that the proxies are given; no call is made. With -f it looks at files alone, \
            and --from may be any name.
            """)

    @Argument(help: ArgumentHelp("What is called.", valueName: "HOST|IP[:PORT]|URL"))
    var target: String
    @Option(
        help: ArgumentHelp("Who calls.", valueName: "WORKLOAD[.NAMESPACE]"),
        completion: .custom { words, _, _ in await Completion.workloads(words) })
    var from: String
    @Option(
        name: .customLong("protocol"),
        help: "What the workload speaks: http, http2, grpc, tls, tcp, auto. Port 80 is http, 443 tls, else auto.")
    var speech: EgressCall.Speech?
    @Option(help: "The Host header; otherwise the target.")
    var host: String?
    @Option(help: "The server name in the TLS hello; otherwise the target, if it is a name.")
    var sni: String?
    @Option(help: ArgumentHelp("Application protocols in the TLS hello, as in h2,http/1.1.", valueName: "PROTOCOLS"))
    var alpn: String?
    @Option(help: "The address that the workload connects to; otherwise what its name server would say.")
    var ip: String?
    @Option(help: "The request's method.")
    var method = "GET"
    @Option(name: [.customShort("H"), .long], help: ArgumentHelp("A header of the request.", valueName: "NAME: VALUE"))
    var header: [String] = []
    @Option(name: [.short, .long], help: "How to print: table, json.")
    var output: Format = .table
    @OptionGroup var offline: OfflineOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        _ = try call(from: .init(workload: from, namespace: ""))
    }

    func run() async throws {
        let version = offline.istioVersion
        let namespace = connection.namespace ?? "default"
        if let mesh = try offline.mesh(namespace: namespace) {
            var explainer = Explainer(mesh, version: version)
            let caller = try WorkloadName(from, namespace: namespace).caller(in: mesh, mayBeUnknown: true)
            explain(try call(from: caller), &explainer)
            return
        }
        let (client, resolver) = try connection.client()
        do {
            var live = try await LiveMesh(client)
            live.gaps.forEach(warn)
            if let policy = offline.outboundPolicy { live.configuration.policy = policy }
            var explainer = Explainer(live.configuration, version: version)
            let caller = try WorkloadName(from, namespace: connection.namespace).caller(in: live.configuration)
            var call = try call(from: caller)
            if call.address == nil, explainer.knownAddress(of: call.target, for: caller) == nil {
                call.address = try await resolver.address(of: call.target).flatMap { IPAddress($0) }
                if call.address == nil {
                    warn("no name server knows \(call.target): the workload may not get as far as this")
                }
            }
            explain(call, &explainer)
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }

    private func explain(_ call: EgressCall, _ explainer: inout Explainer) {
        let explanation = explainer.explain(call)
        switch output {
        case .table: print(explanation.text, terminator: "")
        case .json: print(explanation.json.jsonText(indent: 2))
        }
    }

    /// The call that the arguments describe.
    private func call(from caller: EgressCall.Caller) throws -> EgressCall {
        let destination: CallTarget
        do {
            destination = try CallTarget(target)
        } catch {
            throw ValidationError(error.description)
        }
        var speech = speech ?? destination.speech
        let port = destination.port ?? (speech == .tls ? 443 : 80)
        if speech == nil { speech = port == 80 ? .http : port == 443 ? .tls : .auto }
        let address = try ip.map { text in
            guard let address = IPAddress(text) else { throw ValidationError("\(text) is no IP address") }
            return address
        }
        let headers = try header.map { line in
            guard let colon = line.firstIndex(of: ":") else { throw ValidationError("\(line) is not NAME: VALUE") }
            return (
                line[..<colon].lowercased(), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            )
        }
        return EgressCall(
            from: caller, to: destination.host, port: port, address: address, speech: speech ?? .auto, host: host,
            serverName: sni, alpn: alpn?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } ?? [],
            method: method, path: destination.path, headers: Dictionary(headers, uniquingKeysWith: { "\($0),\($1)" }))
    }
}

extension EgressCall.Speech: ExpressibleByArgument {}

/// A workload as an operator writes it.
private struct WorkloadName {
    let text: String
    /// nil for any.
    let namespace: String?

    init(_ text: String, namespace: String?) {
        self.text = text
        self.namespace = namespace
    }

    /// The workload, of which the pods tell labels and identity.
    ///
    /// - Parameter mayBeUnknown: whether a name that no pod has is taken as it is.
    func caller(in mesh: MeshConfiguration, mayBeUnknown: Bool = false) throws -> EgressCall.Caller {
        let dot = text.lastIndex(of: ".")
        let name = dot.map { String(text[..<$0]) } ?? text
        let named = dot.map { String(text[text.index(after: $0)...]) } ?? namespace
        let found = mesh.pods.filter { pod in
            [pod.workload, pod.meta.name].contains(name) && (named == nil || pod.meta.namespace == named)
        }
        guard let first = found.first else {
            if mayBeUnknown { return .init(workload: name, namespace: named ?? "default") }
            let known = Set(mesh.pods.filter { $0.proxyKind == .sidecar }.map { "\($0.workload).\($0.meta.namespace)" })
            let list = known.sorted().joined(separator: ", ")
            throw Failure("there is no workload \(text) with a pod; the mesh has: \(list)")
        }
        let namespaces = Set(found.map(\.meta.namespace))
        // As everywhere with Kubernetes, the namespace `default` is meant where none is named.
        guard let pod = namespaces.count == 1 ? first : found.first(where: { $0.meta.namespace == "default" }) else {
            let list = namespaces.sorted().map { "\(name).\($0)" }.joined(separator: ", ")
            throw Failure("\(name) is in several namespaces: say which with one of \(list)")
        }
        return .init(pod)
    }
}
