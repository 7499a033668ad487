import Foundation
import MeshClient
import MeshState
import MeshTUI
import Testing

@testable import meshtop

/// What the doctor says of terminals and meshes, by what could be learnt of them.
@Suite struct DoctorTests {
    // MARK: - The terminal

    private static func terminal(
        _ environment: [String: String], size: Size? = Size(columns: 120, rows: 40), isKnown: Bool = true,
        tmux: [String: String] = [:]
    ) -> [String] {
        let usual = ["TERM": "xterm-256color", "LANG": "C.UTF-8"]
        let facts = TerminalFacts(
            environment: usual.merging(environment) { _, new in new }.filter { !$0.value.isEmpty }, isTerminal: true,
            size: size, isKnown: isKnown, tmux: tmux)
        return words(facts.diagnoses)
    }

    /// `warn size: 10x4 is less …`, and ` => remedy` where there is one; what is well only where nothing is amiss.
    private static func words(_ diagnoses: [Diagnosis]) -> [String] {
        diagnoses.filter { $0.verdict != .ok }.map { diagnosis in
            "\(diagnosis.verdict.rawValue) \(diagnosis.check): \(diagnosis.detail)"
                + (diagnosis.remedy.map { " => \($0)" } ?? "")
        }
    }

    @Test(arguments: [
        [:], ["NO_COLOR": "1"], ["COLORTERM": "truecolor"], ["TERM": "vt100"], ["LC_ALL": "de_DE.utf8", "LANG": "C"],
    ] as [[String: String]])
    func terminalsThatAreWell(_ environment: [String: String]) {
        #expect(Self.terminal(environment) == [])
    }

    @Test func terminalsThatAreNot() {
        #expect(Self.terminal(["TERM": ""]).first?.hasPrefix("fail TERM: is not set") == true)
        #expect(Self.terminal(["TERM": "dumb"]).first?.hasPrefix("fail TERM: is dumb") == true)
        #expect(Self.terminal(["TERM": "vt9000"], isKnown: false).first?.hasPrefix("fail TERM: is vt9000, which") == true)
        #expect(
            Self.terminal(["LANG": "C"]) == [
                "warn characters: the locale is not UTF-8: borders and glyphs are ASCII => export LC_ALL=C.UTF-8"
            ])
        #expect(
            Self.terminal([:], size: Size(columns: 10, rows: 4)) == [
                "warn size: 10x4 is less than 20x5: little can be shown => enlarge it"
            ])
        #expect(Self.terminal([:], size: nil) == ["warn size: the terminal does not tell it => stty cols 80 rows 24"])
        #expect(Self.terminal(["STY": "1.pts"]).first?.hasPrefix("warn screen: GNU screen") == true)
    }

    @Test func tmux() {
        let inside = ["TMUX": "/tmp/tmux-0/default,1,0", "TERM": "tmux-256color"]
        #expect(Self.terminal(inside, tmux: ["set-clipboard": "on", "escape-time": "25"]) == [])
        #expect(
            Self.terminal(inside, tmux: ["set-clipboard": "external", "escape-time": "500"]) == [
                "warn tmux clipboard: set-clipboard is external: what is copied with c and C stays in tmux"
                    + " => tmux set-option -s set-clipboard on",
                "warn tmux escape-time: 500 ms: Esc answers that late => tmux set-option -s escape-time 25",
            ])
        #expect(
            Self.terminal(["TMUX": "x"]).first?.hasPrefix("warn tmux TERM: TERM is xterm-256color inside of tmux") == true)
    }

    @Test func withoutATerminalNothingIsAmiss() {
        let facts = TerminalFacts(environment: ["LANG": "C.UTF-8"], isTerminal: false, size: nil, isKnown: false)
        #expect(Self.words(facts.diagnoses) == [])
    }

    // MARK: - The mesh

    private static let settings: JSONValue = ["accessLogFile": "/dev/stdout"]

    private static func facts(_ change: (inout MeshFacts) -> Void = { _ in }) -> MeshFacts {
        let now = Date(timeIntervalSince1970: 1_795_269_751)
        let proxy = ProxyID(pod: "sleep-1", namespace: "default")
        var snapshot = MeshSnapshot(time: now, identity: MeshIdentity(context: "lab", server: "https://127.0.0.1:1"))
        snapshot.policy = .registryOnly
        for source in [SourceID.watch("pods"), .watch("serviceentries"), .istiod, .admin(proxy), .accessLog(proxy)] {
            snapshot.sources[source] = SourceState(condition: .live, lastSuccess: now, interval: 1)
        }
        snapshot.proxies = [Proxy(id: proxy, workload: "sleep", kind: .sidecar, sync: ["CDS": .synced])]
        var total = Connection.Counters()
        total.connections = 3
        total.bytesReceived = 1
        snapshot.connections = [
            Connection(
                id: .init(proxy: proxy, cluster: ClusterName("outbound|80||a.example")), workload: "sleep", live: 0,
                total: total)
        ]
        var facts = MeshFacts(
            snapshot: snapshot, rights: MeshFacts.needs(namespace: nil).map { ($0, .yes) },
            version: .known(("v1.31.0", 0.4)), settings: .known(settings), telemetries: .known([]))
        change(&facts)
        return facts
    }

    private static func mesh(_ change: (inout MeshFacts) -> Void) -> [String] { words(facts(change).diagnoses) }

    @Test func aMeshThatIsWell() {
        #expect(Self.mesh { _ in } == [])
        #expect(Self.facts().diagnoses.contains(.ok(.rights, "rights", "all 22 that meshtop makes use of")))
    }

    @Test func fewerRights() {
        let told = Self.mesh { facts in
            facts.rights = facts.rights.map { need, _ in
                let isDenied =
                    need.right.resource == "pods/log" || need.right.resource == "serviceentries"
                    && ["create", "update", "delete"].contains(need.right.verb)
                return (need, isDenied ? .no : .yes)
            }
        }
        #expect(
            told == [
                "warn serviceentries: may not create, update, delete; needed to change entries => add to your role: "
                    + "{apiGroups: [\"networking.istio.io\"], resources: [\"serviceentries\"], verbs: [\"create\", \"update\", \"delete\"]}",
                "fail pods/log: may not get; needed to read the access logs: blocked calls => add to your role: "
                    + "{apiGroups: [\"\"], resources: [\"pods/log\"], verbs: [\"get\"]}",
            ])
        #expect(
            Self.mesh { $0.rights[0].answer = .unknown("forbidden") } == [
                "warn rights: could not be asked for: forbidden"
            ])
    }

    @Test func rightsOfOneNamespace() {
        let needs = MeshFacts.needs(namespace: "shop")
        #expect(needs.first { $0.right.resource == "pods/log" }?.right.namespace == "shop")
        #expect(needs.first { $0.right.resource == "services/proxy" }?.right.namespace == "istio-system")
    }

    @Test(arguments: [
        (["accessLogFile": ""], [], "fail access log: is off"),
        ([:], [], "fail access log: is off"),
        (["accessLogFile": "/var/log/x"], [], "fail access log: goes to the file /var/log/x"),
        ([:], [["spec": ["accessLogging": [["disabled": true]]]]], "fail access log: is off"),
        (["accessLogFile": "/dev/stdout", "accessLogFormat": "%X%"], [], "warn access log format: "),
    ] as [(JSONValue, [JSONValue], String)])
    func accessLogOff(_ settings: JSONValue, _ telemetries: [JSONValue], _ beginning: String) throws {
        let told = Self.mesh { facts in
            facts.settings = .known(settings)
            facts.telemetries = .known(telemetries)
        }
        #expect(told.count == 1)
        #expect(try #require(told.first).hasPrefix(beginning))
    }

    @Test(arguments: [
        (["defaultProviders": ["accessLogging": ["envoy"]]], []),
        ([:], [["metadata": ["name": "log", "namespace": "istio-system"], "spec": ["accessLogging": [["providers": []]]]]]),
        (["accessLogFile": "/dev/stdout", "accessLogFormat": "{}", "accessLogEncoding": "JSON"], []),
    ] as [(JSONValue, [JSONValue])])
    func accessLogOn(_ settings: JSONValue, _ telemetries: [JSONValue]) {
        let told = Self.mesh { facts in
            facts.settings = .known(settings)
            facts.telemetries = .known(telemetries)
        }
        #expect(told == [])
    }

    private static let mysql = BlockedEgress(
        id: .init(workload: "sleep", namespace: "default", target: "203.0.113.7", port: 3306, transport: .tcp),
        proxy: ProxyID(pod: "sleep-1", namespace: "default"), destination: "203.0.113.7:3306", name: nil,
        nameSource: nil, reason: .noEntry, count: 1, first: .distantPast, last: .distantPast)

    @Test(arguments: [
        ("server", "fail server: connection refused"), ("clock", "warn clock: the server is 90 s behind this machine"),
        ("policy", "warn outbound policy: ALLOW_ANY: nothing is blocked"), ("unknown", "warn outbound policy: is not known"),
        ("settings", "warn access log: whether it is on is not known: denied"),
        ("counters", "warn counters: 1 of 1 destinations are counted without bytes"),
        ("names", "warn names: 1 of 1 blocked addresses have no name"),
        ("admin", "warn Envoy admin: no route"), ("watch", "warn API watches: 1 of 2 do not answer: forbidden"),
        ("watches", "fail API watches: 2 of 2 do not answer: forbidden"), ("pods", "warn access logs: there are none"),
        ("sync", "warn configuration: 1 of 1 proxies are not in sync"),
        ("rejected", "warn configuration: sleep-1.default rejects what istiod sends: bad listener"),
    ])
    func whatIsMissing(_ what: String, _ beginning: String) throws {
        let proxy = ProxyID(pod: "sleep-1", namespace: "default")
        let told = Self.mesh { facts in
            switch what {
            case "server": facts.version = .unknown("connection refused")
            case "clock": facts.version = .known(("v1", -90.2))
            case "policy": facts.snapshot.policy = .allowAny
            case "unknown": facts.snapshot.policy = nil
            case "settings": facts.settings = .unknown("denied")
            case "counters": facts.snapshot.connections[0].total.bytesReceived = nil
            case "names": facts.snapshot.blocked = [Self.mysql]
            case "admin":
                facts.snapshot.sources[.admin(proxy)]?.condition = .failing(
                    reason: "no route", attempt: 1, retryAt: nil)
            case "watch": facts.snapshot.sources[.watch("pods")]?.condition = .denied(reason: "forbidden")
            case "watches":
                for watch in ["pods", "serviceentries"] {
                    facts.snapshot.sources[.watch(watch)]?.condition = .denied(reason: "forbidden")
                }
            case "pods": facts.snapshot.sources[.accessLog(proxy)] = nil
            case "sync": facts.snapshot.proxies[0].sync["CDS"] = .stale
            default: facts.snapshot.proxies[0].rejection = "bad listener"
            }
        }
        #expect(told.count == 1)
        #expect(try #require(told.first).hasPrefix(beginning))
    }

    // MARK: - The rest

    @Test func folders() throws {
        let home = FileManager.default.temporaryDirectory.appending(path: "mt-doctor-\(UInt32.random(in: 0 ... .max))")
        defer { try? FileManager.default.removeItem(at: home) }
        let state = StateFolder(environment: ["XDG_STATE_HOME": home.path])
        #expect(Self.words(DoctorCommand.folders(state)) == [])
        try state.make(state.url)
        #expect(Self.words(DoctorCommand.folders(state)) == [])
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: state.url.path)
        #expect(
            Self.words(DoctorCommand.folders(state)) == [
                "warn state folder: \(state.url.path) may be read by others (mode 755) => chmod 700 \(state.url.path)"
            ])
    }

    @Test func text() {
        let diagnoses = [
            Diagnosis.warn(.mesh, "names", "none\u{1B}[2J", remedy: "one\ntwo"), .ok(.terminal, "TERM", "xterm"),
            .fail(.mesh, "access log", "is off"),
        ]
        #expect(
            diagnoses.text(unicode: true) == """
                terminal
                  ● ok    TERM        xterm
                mesh
                  ! warn  names       none␛[2J
                                      one
                                      two
                  × fail  access log  is off

                """)
        #expect(diagnoses.text(unicode: false).contains("  x fail  access log  is off"))
    }
}
