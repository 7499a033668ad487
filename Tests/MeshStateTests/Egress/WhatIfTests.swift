import FoundationEssentials
import MeshState
import Testing

/// What a change would do, told before it is made.
@Suite struct WhatIfTests {
    static let time = Date.at("12:00:00")
    static let sleep = ProxyID(pod: "sleep", namespace: "default")

    static let pod = """
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: sleep, namespace: default, labels: {app: sleep}}
        spec: {containers: [{name: sleep}, {name: istio-proxy}]}
        status: {podIP: 10.244.0.9, phase: Running, conditions: [{type: Ready, status: "True"}]}

        """
    static let cnn = AdvisorTests.entry("cnn", "edition.cnn.com", "80/HTTP")
    static let older = AdvisorTests.entry(
        "older", "edition.cnn.com", "80/HTTP", namespace: "apps", created: "2026-11-20T08:00:00Z")

    static func blocked(_ host: String, port: Int = 80, at time: String = "11:30:00") -> BlockedEgress {
        BlockedEgress(
            id: .init(workload: "sleep", namespace: "default", target: host, port: port, transport: .http),
            proxy: sleep, destination: "192.0.2.7:\(port)", name: host, nameSource: .authority, reason: .noEntry,
            count: 3, first: .at(time), last: .at(time))
    }

    static func snapshot(blocked: [BlockedEgress] = [], connections: [Connection] = []) -> MeshSnapshot {
        MeshSnapshot(
            time: time, identity: MeshIdentity(context: "lab", server: "https://127.0.0.1"), connections: connections,
            blocked: blocked)
    }

    static func object(_ yaml: String) throws -> JSONValue { try #require(try YAMLText.parse(yaml).first) }

    static func creating(_ yaml: String, _ name: String) throws -> ChangeRequest {
        ChangeRequest(
            id: 1, target: ObjectKey(kind: ServiceEntry.kind, namespace: "default", name: name),
            action: .create(try object(yaml)), summary: "create \(name)")
    }

    @Test func aNewEntryLetsThroughWhatItIsFor() throws {
        let whatIf = try WhatIf(
            of: Self.creating(Self.cnn, "cnn"), in: .yaml(Self.pod),
            snapshot: Self.snapshot(blocked: [
                Self.blocked("edition.cnn.com"), Self.blocked("www.google.com"),
                Self.blocked("edition.cnn.com", port: 8080), Self.blocked("edition.cnn.com", at: "10:30:00"),
            ]))
        #expect(whatIf.letsThrough == [Self.blocked("edition.cnn.com")])
        #expect(whatIf.cuts.isEmpty)
        #expect(whatIf.seenBy == [.init(namespace: "default", workloads: ["sleep"])])
        #expect(whatIf.shadowedBy.isEmpty && whatIf.shadows.isEmpty && whatIf.advice.isEmpty)
        #expect(
            whatIf.lines == [
                "lets through:", "  sleep.default to edition.cnn.com:80 http ×3", "cuts: no open connection",
                "seen by:",
                "  default: sleep", "shadowed by: nothing", "shadows: nothing", "advice: nothing",
            ])
    }

    @Test func switchingOffAndDeletingCut() throws {
        let mesh = try MeshConfiguration.yaml(Self.pod + Self.cnn)
        let open = Connection(
            id: .init(proxy: Self.sleep, cluster: ClusterName("outbound|80||edition.cnn.com")), workload: "sleep",
            live: 2, total: .init())
        let other = Connection(
            id: .init(proxy: Self.sleep, cluster: ClusterName("outbound|80||www.google.com")), workload: "sleep",
            live: 1, total: .init())
        let entry = try #require(mesh.entries.first)
        let off = try EntrySwitch.switchOff(entry, version: "1.28.0", by: "me", at: Self.time, id: 1)
        let deletion = ChangeRequest(
            id: 2, target: entry.id, action: .delete(resourceVersion: nil), summary: "delete cnn")
        for change in [off, deletion] {
            let whatIf = try WhatIf(of: change, in: mesh, snapshot: Self.snapshot(connections: [open, other]))
            #expect(whatIf.cuts == [open])
            #expect(whatIf.letsThrough.isEmpty)
            #expect(whatIf.seenBy == [.init(namespace: "default", workloads: ["sleep"])])
            #expect(whatIf.lines.contains("  sleep.default to outbound|80||edition.cnn.com (2 open)"))
        }
    }

    @Test func tellsWhoShadowsWhom() throws {
        let mesh = try MeshConfiguration.yaml(Self.pod + Self.older)
        let whatIf = try WhatIf(of: Self.creating(Self.cnn, "cnn"), in: mesh, snapshot: Self.snapshot())
        // The entry of the caller's own namespace wins, whatever its age.
        #expect(whatIf.shadows.map(\.object.name) == ["older"])
        #expect(whatIf.shadowedBy.isEmpty)

        let rival = AdvisorTests.entry("rival", "edition.cnn.com", "80/HTTP", "NONE")
        let second = try WhatIf(
            of: Self.creating(rival, "rival"), in: .yaml(Self.pod + Self.cnn), snapshot: Self.snapshot())
        #expect(second.shadowedBy.map(\.object.name) == ["rival"])
        #expect(second.shadows.isEmpty)
    }

    @Test func tellsWhatIsWorthKnowing() throws {
        let capture = AdvisorTests.entry("db", "db.example.com", "3306/TCP", "NONE")
        let whatIf = try WhatIf(of: Self.creating(capture, "db"), in: .yaml(Self.pod), snapshot: Self.snapshot())
        #expect(whatIf.advice.map(\.rule) == ["port-capture"])
    }
}
