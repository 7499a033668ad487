import Foundation
import MeshLab
import MeshState
import Testing

/// Calls through a real Envoy go where the explanation has said that they would.
@Suite struct ExplainedCallTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../MeshStateTests/Fixtures/explain").standardizedFileURL

    private static func text(_ file: String) throws -> String {
        try String(contentsOf: fixtures.appending(path: file), encoding: .utf8)
    }

    /// The files of the matrix in one mesh: each has ports and names of its own, so that none comes in another's way.
    private struct Place {
        var file: String
        /// Added to the ports.
        var shift: Int
        var prefix: String
    }

    private static let places = [
        Place(file: "entry-with-address.yaml", shift: 100, prefix: "with"),
        Place(file: "entry-without-address.yaml", shift: 0, prefix: "without"),
        Place(file: "identical-blocks.yaml", shift: 1, prefix: "identical"),
        Place(file: "overlapping-blocks.yaml", shift: 2, prefix: "overlapping"),
        Place(file: "overlapping-blocks-tls.yaml", shift: 3, prefix: "named"),
        Place(file: "shared-address.yaml", shift: 4, prefix: "shared"),
        Place(file: "no-entry.yaml", shift: 0, prefix: ""),
    ]

    private static func mesh(_ policy: OutboundPolicy) throws -> MeshConfiguration {
        var mesh = MeshConfiguration(policy: policy)
        for place in places {
            for var entry in try YAMLText.parse(text(place.file)) {
                guard entry["kind"]?.stringValue != "Namespace" else { continue }
                entry = entry.moved(place.shift, place.prefix)
                entry["metadata"]?["creationTimestamp"] = "2026-11-21T08:00:00Z"
                _ = try mesh.add(entry)
            }
        }
        return mesh
    }

    private static let unrelated = "203.0.113.10"

    /// A row's call as it is made here.
    private static func call(_ row: JSONValue) throws -> EgressCall {
        let call = try #require(row["call"])
        let place = try #require(places.first { $0.file == row["file"]?.stringValue })
        let address = try #require(call["address"]?.stringValue)
        func text(_ key: String) -> String? { call[key]?.stringValue?.moved(place.prefix) }
        return EgressCall(
            from: .init(workload: "sleep", namespace: "default"), to: text("target") ?? "",
            port: Int(try #require(call["port"]?.integerValue)) + place.shift,
            address: IPAddress(address == "1.3.3.7" ? unrelated : address),
            speech: try #require(call["protocol"]?.stringValue.flatMap { EgressCall.Speech(rawValue: $0) }),
            host: text("host"), serverName: text("sni"), alpn: call["alpn"]?.stringValue.map { [$0] } ?? [])
    }

    @Test(arguments: OutboundPolicy.allCases) func theMatrix(policy: OutboundPolicy) async throws {
        let rows = try #require(JSONValue(parsing: Array(Data(Self.text("matrix.json").utf8))).arrayValue)
            .filter { $0["policy"]?.stringValue == policy.rawValue }
        try #require(rows.count >= 70)
        let mesh = try Self.mesh(policy)
        var names: FixedNameServer?
        defer { names?.stop() }
        let prepare = { (layout: LabLayout) in
            names = FixedNameServer(
                host: layout.nameServerAddress, port: layout.nameServerPort,
                names: ["without-istio.io": "203.0.113.11", "with-istio.io": "203.0.113.11", "foo": "203.0.113.12"])
            let more = (["203.0.113.12"] + Self.blocks).map { "\($0) 127.\(layout.block).113.12\n" }.joined()
            let file = layout.worldMapFile
            let map = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
            #expect(throws: Never.self) { try Data((map + more).utf8).write(to: file) }
        }
        try await TestLab.run(mesh, prepare: prepare) { lab in
            let servers = Self.servers(block: lab.layout.block)
            defer { for server in servers { server.stop() } }
            var explainer = Explainer(mesh)
            var calls: [(number: Int, explanation: Explanation)] = []
            for (number, row) in rows.enumerated() {
                calls.append((number, explainer.explain(try Self.call(row))))
                // What is said of the call here is what is said of the row, but for names and numbers.
                #expect(calls[number].explanation.verdict.rawValue == row["expect"]?["verdict"]?.stringValue)
            }
            await withTaskGroup(of: Void.self) { group in
                for (number, explanation) in calls {
                    if number >= 8 { await group.next() }
                    group.addTask { await Self.prove(explanation, number: number, in: lab) }
                }
            }
        }
    }

    /// Addresses of the entries that are blocks.
    private static let blocks = ["198.18.22.206", "198.18.99.1", "198.18.2.2", "198.18.1.1"]

    /// What is behind every destination: `original` where the workload connects to, `entry` behind an entry's name, and
    /// `named` behind the name that a call gives, and behind blocks.
    private static func servers(block: Int) -> [NamedServer] {
        var servers: [NamedServer] = []
        func add(_ name: String, _ host: Int, _ ports: ClosedRange<Int>) {
            servers += ports.map { NamedServer(name, host: "127.\(block).113.\(host)", port: $0) }
        }
        for (name, host) in [("original", 10), ("entry", 11)] {
            // The first ports are behind others on the loopback.
            add(name, host, 10_080...10_086)
            add(name, host, 180...186)
        }
        add("named", 12, 80...86)
        add("named", 12, 180...186)
        add("named", 12, 10_000...10_003)
        return servers
    }

    /// Makes the call, and holds what the client got and what the sidecar logged against the explanation.
    private static func prove(_ explanation: Explanation, number: Int, in lab: TestLab) async {
        let call = explanation.call
        let place = "\(call.address?.description ?? ""):\(call.port)"
        let comment: Comment =
            "\(number) \(call.speech) \(place) \(call.serverName ?? "") \(call.alpn) \(explanation.reason)"
        let source = 20_000 + number
        let reply = await lab.call(call.address?.description ?? "", call.port, bytes(of: call), sourcePort: source)
        switch explanation.status {
        case .code(let code): #expect(reply.text.hasPrefix("HTTP/1.1 \(code) "), comment)
        case .words: #expect(reply.isEmpty, comment)
        case nil:
            let server =
                explanation.cluster == LastResort.passthrough && call.address?.description == unrelated
                ? "original" : explanation.cluster?.hasSuffix("istio.io") == true ? "entry" : "named"
            #expect(reply.text.hasSuffix("\(server)\n"), comment)
        }
        // Calls to the proxy's own ports are the only ones that are not logged.
        guard ![15_001, 15_006].contains(call.port) else { return }
        do {
            let line = try await lab.logLine(" \(place) 10.244.0.11:\(source) ")
            let words = line.split(separator: " ")
            #expect(words.last.map(String.init) == explanation.route ?? "-", comment)
            let cluster = words.dropLast(5).last.map(String.init)
            #expect(cluster == explanation.cluster ?? "-", comment)
        } catch {
            Issue.record(error, comment)
        }
    }

    private static func bytes(of call: EgressCall) -> [UInt8] {
        switch call.speech {
        case .http: Array("GET / HTTP/1.1\r\nHost: \(call.host)\r\nConnection: close\r\n\r\n".utf8)
        case .tls: clientHello(serverName: call.serverName ?? "", protocols: call.alpn)
        default: Array("hello\n".utf8)
        }
    }
}

extension String {
    /// A host with names of its own.
    fileprivate func moved(_ prefix: String) -> String {
        replacing("istio.io", with: "\(prefix)-istio.io").replacing("example.com", with: "\(prefix).example.com")
    }
}

extension JSONValue {
    /// An object with ports and names of its own.
    fileprivate func moved(_ shift: Int, _ prefix: String, key: String = "") -> JSONValue {
        switch self {
        case .object(let members):
            return .object(
                Dictionary(uniqueKeysWithValues: members.map { ($0, $1.moved(shift, prefix, key: $0)) }))
        case .array(let elements): return .array(elements.map { $0.moved(shift, prefix, key: key) })
        case .string(let text) where key == "name" && !text.contains("-9999"): return .string("\(prefix)-\(text)")
        case .string(let text) where key != "apiVersion": return .string(text.moved(prefix))
        case .integer(let number) where key == "number" || key == "port": return .integer(number + Int64(shift))
        default: return self
        }
    }
}
