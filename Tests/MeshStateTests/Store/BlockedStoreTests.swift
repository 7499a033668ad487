import FoundationEssentials
import MeshState
import Testing

struct BlockedStoreTests {
    private static let cnnKey = ObjectKey(kind: "ServiceEntry", namespace: "default", name: "cnn")
    private static let mysqlKey = ObjectKey(kind: "ServiceEntry", namespace: "default", name: "mysql")

    @Test("identical calls are one, with count, first and last")
    func folds() throws {
        var mesh = TestMesh()
        mesh.list("pods", [podObject("sleep-7d4-x", labels: ["pod-template-hash": "7d4"])])
        let proxy = ProxyID(pod: "sleep-7d4-x", namespace: "default")
        mesh.log(
            [
                blackHole("11:59:03", to: "203.0.113.10:3306", from: "10.0.0.1:3"),
                blackHole("11:59:01", to: "203.0.113.10:3306", from: "10.0.0.1:1"),
                blackHole("11:59:02", to: "203.0.113.10:3307", from: "10.0.0.1:2"),
                refused("11:59:00", "www.google.com", to: "203.0.113.30:80"),
                refused("11:59:05", "www.google.com", to: "203.0.113.31:80"),
                AccessLogRecord(start: .at("11:59:00"), method: "GET", responseCode: 200),
            ], proxy: proxy)
        let blocked = mesh.snapshot().blocked
        #expect(
            blocked.map { "\($0.id.target):\($0.id.port) ×\($0.count)" } == [
                "www.google.com:80 ×2", "203.0.113.10:3306 ×2", "203.0.113.10:3307 ×1",
            ])
        #expect(blocked[0].destination == "203.0.113.31:80")
        #expect(blocked[0].name == "www.google.com" && blocked[0].nameSource == .authority)
        #expect(blocked[1].first == .at("11:59:01") && blocked[1].last == .at("11:59:03"))
        #expect(blocked[1].id.workload == "sleep" && blocked[1].proxy == proxy)
        #expect(blocked[1].name == nil && blocked[1].reason == .noEntry)
    }

    @Test("lines that a log gives again count once, out of order or not")
    func readAgain() {
        var mesh = TestMesh()
        let lines = (0..<50).map { blackHole("11:59:\(10 + $0 % 40)", to: "203.0.113.10:3306", from: "10.0.0.1:\($0)") }
        mesh.log(lines)
        mesh.log(Array(lines.suffix(30)) + [blackHole("11:59:09", to: "203.0.113.10:3306", from: "10.0.0.1:99")])
        #expect(mesh.snapshot().blocked.first?.count == 51)
        // The same from another proxy is another call.
        mesh.log(lines, proxy: ProxyID(pod: "other", namespace: "default"))
        #expect(mesh.snapshot().blocked.map(\.count).sorted() == [50, 51])
    }

    @Test("the last hour is kept")
    func expiry() {
        var mesh = TestMesh()
        mesh.log([blackHole("11:59:00", to: "203.0.113.10:1"), blackHole("10:59:00", to: "203.0.113.10:2")])
        #expect(mesh.snapshot().blocked.map(\.id.port) == [1])
        mesh.time = .at("12:58:59")
        #expect(mesh.snapshot().blocked.count == 1)
        mesh.time = .at("12:59:00")
        #expect(mesh.snapshot().blocked.isEmpty)
    }

    @Test("calls of the last minute are counted by when they were made, not by when they were read")
    func lastMinute() {
        var mesh = TestMesh()
        mesh.log(
            (0..<40).map { blackHole("11:10:\(10 + $0)", to: "203.0.113.10:1", from: "10.0.0.1:\($0)") }
                + (0..<20).map { blackHole("11:59:\(20 + $0)", to: "203.0.113.10:1", from: "10.0.0.1:\($0)") })
        mesh.time = .at("12:00:00")
        #expect(mesh.snapshot().blocked.first?.count == 60)
        #expect(mesh.snapshot().blockedLastMinute == 20)
        mesh.time = .at("12:00:30")
        #expect(mesh.snapshot().blockedLastMinute == 10)
        mesh.time = .at("12:05:00")
        #expect(mesh.snapshot().blockedLastMinute == 0)
    }

    @Test("too many different calls are counted as lost")
    func lost() {
        var mesh = TestMesh()
        mesh.log((1...1100).map { blackHole("11:59:00", to: "203.0.113.10:\($0)") })
        let snapshot = mesh.snapshot()
        #expect(snapshot.blocked.count == 1000 && snapshot.blockedLost == 100)
        // What is known already is still counted.
        mesh.log([blackHole("11:59:30", to: "203.0.113.10:1")])
        #expect(mesh.snapshot().blocked.first { $0.id.port == 1 }?.count == 2)
        #expect(mesh.snapshot().blockedLost == 100)
    }

    @Test("a clock that is ahead makes no call of the future")
    func clock() {
        var mesh = TestMesh()
        mesh.log([blackHole("12:00:30", to: "203.0.113.10:1")], at: "12:00:00")
        #expect(mesh.snapshot().blocked.first?.last == .at("12:00:00"))
    }

    @Test(
        "the name behind an address",
        arguments: [
            ("203.0.113.10:1", "mysql.example.com", BlockedEgress.NameSource.entry),
            ("198.51.100.77:1", "block.example.com", .entry), ("240.240.0.9:1", "vip.example.com", .entry),
            ("203.0.113.99:1", "static.example.com", .entry),
            ("10.96.0.1:1", "reviews.default.svc.cluster.local", .registry),
            ("10.0.0.7:1", "ratings.default", .registry), ("192.0.2.50:1", "dns.example.com", .dns),
            ("192.0.2.51:1", nil, nil),
        ])
    func names(_ destination: String, _ name: String?, _ source: BlockedEgress.NameSource?) {
        var mesh = TestMesh()
        var vip = entryObject("vip", spec: cnnSpec.with("hosts", ["vip.example.com"]))
        vip["status"] = ["addresses": [["value": "240.240.0.9", "host": "vip.example.com"]]]
        mesh.list(
            "serviceentries",
            [
                entryObject("mysql", spec: mysqlSpec), vip,
                entryObject(
                    "block", spec: mysqlSpec.with("hosts", ["block.example.com"]).with("addresses", ["198.51.100.0/24"])
                ),
                entryObject(
                    "static",
                    spec: cnnSpec.with("hosts", ["static.example.com"]).with("resolution", "STATIC")
                        .with("endpoints", [["address": "203.0.113.99"]])),
            ])
        mesh.list("services", [serviceObject("reviews")])
        mesh.list("pods", [podObject("ratings", ip: "10.0.0.7")])
        mesh.log([blackHole("11:59:00", to: destination)])
        mesh.fold(.accessLog(mesh.proxy), .resolved(address: "192.0.2.50", name: "dns.example.com"))
        let blocked = mesh.snapshot().blocked.first
        #expect(blocked?.name == name)
        #expect(blocked?.nameSource == source)
    }

    @Test("reason and name follow what happens to entries")
    func reasons() throws {
        var mesh = TestMesh()
        mesh.list("serviceentries", [])
        mesh.log([blackHole("11:59:00", to: "203.0.113.10:3306")])
        func blocked() throws -> BlockedEgress { try #require(mesh.snapshot().blocked.first) }
        #expect(try blocked().reason == .noEntry)

        // Allowed now; the call of before was blocked because there was no entry.
        mesh.apply("serviceentries", entryObject("mysql", version: "2", spec: mysqlSpec), at: "12:00:01")
        #expect(try blocked().reason == .noEntry)
        #expect(try blocked().name == "mysql.example.com")

        let off = entryObject("mysql", version: "3", labels: ["istio.io/rev": "meshtop-disabled"], spec: mysqlSpec)
        mesh.apply("serviceentries", off, at: "12:00:02")
        #expect(try blocked().reason == .entryOff(Self.mysqlKey))
        mesh.log([blackHole("12:00:03", to: "203.0.113.10:3306", from: "10.0.0.1:2")], at: "12:00:04")
        #expect(try blocked().reason == .entryOff(Self.mysqlKey))

        mesh.apply("serviceentries", entryObject("mysql", version: "4", spec: mysqlSpec), at: "12:00:05")
        #expect(try blocked().reason == .entryOff(Self.mysqlKey))
        // A line that comes late is about the time before.
        mesh.log([blackHole("12:00:04", to: "203.0.113.10:3306", from: "10.0.0.1:3")], at: "12:00:08")
        #expect(try blocked().reason == .entryOff(Self.mysqlKey))

        mesh.fold(.watch("serviceentries"), .deleted(resource: "serviceentries", object: off))
        #expect(try blocked().reason == .noEntry)
        #expect(try blocked().name == nil)
        #expect(try blocked().count == 3)
    }

    @Test("calls from before an entry was last written were not stopped by it")
    func startup() {
        var mesh = TestMesh()
        var entry = entryObject("mysql", created: "2026-11-21T08:00:00Z", spec: mysqlSpec)
        entry["metadata"]?["managedFields"] = [["time": "2026-11-21T11:59:30Z"], ["time": "2026-11-21T09:00:00Z"]]
        mesh.list("serviceentries", [entry])
        mesh.log([
            blackHole("11:59:00", to: "203.0.113.10:3306"),
            blackHole("11:59:40", to: "203.0.113.10:3306", sni: "mysql.example.com"),
        ])
        #expect(mesh.snapshot().blocked.map(\.reason) == [.otherPort(Self.mysqlKey), .noEntry])
    }

    @Test("of several names behind an address, each may lead to an entry")
    func manyNames() {
        var mesh = TestMesh()
        let off = entryObject("cnn", labels: ["istio.io/rev": "meshtop-disabled"], spec: cnnSpec)
        mesh.list("serviceentries", [off])
        for name in ["cdn.example.com", "edition.cnn.com", "cdn.example.com"] {
            mesh.fold(.accessLog(mesh.proxy), .resolved(address: "203.0.113.80", name: name))
        }
        mesh.log([blackHole("11:59:00", to: "203.0.113.80:80")])
        let blocked = mesh.snapshot().blocked.first
        #expect(blocked?.name == "cdn.example.com")
        #expect(blocked?.reason == .entryOff(Self.cnnKey))
    }

    @Test("an entry that has the host, but not the port or the protocol")
    func otherPort() {
        var mesh = TestMesh()
        mesh.list(
            "serviceentries",
            [
                entryObject("cnn", spec: cnnSpec),
                entryObject("wiki", spec: cnnSpec.with("hosts", ["*.wikipedia.org"]).with("resolution", "NONE")),
            ])
        mesh.list("services", [serviceObject("reviews")])
        mesh.log([
            blackHole("11:59:04", to: "203.0.113.80:443", sni: "edition.cnn.com"),
            blackHole("11:59:03", to: "203.0.113.80:80", sni: "edition.cnn.com"),
            refused("11:59:02", "en.wikipedia.org:8080", to: "203.0.113.90:8080"),
            refused("11:59:01", "wikipedia.org", to: "203.0.113.90:80"),
            blackHole("11:59:00", to: "10.96.0.1:99"),
        ])
        let wiki = ObjectKey(kind: "ServiceEntry", namespace: "default", name: "wiki")
        let reviews = ObjectKey(kind: "Service", namespace: "default", name: "reviews")
        #expect(
            mesh.snapshot().blocked.map(\.reason) == [
                .otherPort(Self.cnnKey), .otherPort(Self.cnnKey), .otherPort(wiki), .noEntry, .otherPort(reviews),
            ])
    }

    @Test("a gateway without a route")
    func gateway() {
        var mesh = TestMesh()
        let proxy = ProxyID(pod: "istio-egressgateway", namespace: "istio-system")
        mesh.list(
            "pods", [podObject("istio-egressgateway", namespace: "istio-system", labels: ["istio": "egressgateway"])])
        mesh.log(
            [
                AccessLogRecord(
                    start: .at("11:59:00"), method: "GET", responseCode: 404, flags: ["NR"], details: "route_not_found",
                    authority: "a.b", downstreamLocal: "10.0.0.2:8080")
            ], proxy: proxy)
        #expect(mesh.snapshot().blocked.map(\.reason) == [.noGatewayRoute])
        mesh.list("serviceentries", [entryObject("a", spec: cnnSpec.with("hosts", ["a.b"]))])
        #expect(mesh.snapshot().blocked.map(\.reason) == [.noGatewayRoute])
    }

    @Test("reasons in words")
    func words() {
        #expect(BlockedEgress.Reason.noEntry.words == "no service entry knows it")
        #expect(BlockedEgress.Reason.entryOff(Self.cnnKey).words == "service entry default/cnn is switched off")
        #expect(
            BlockedEgress.Reason.otherPort(Self.cnnKey).words
                == "service entry default/cnn does not have this port with this protocol")
        #expect(
            BlockedEgress.Reason.otherPort(ObjectKey(kind: "Service", namespace: "n", name: "s")).words
                == "service n/s does not have this port")
        #expect(BlockedEgress.Reason.noGatewayRoute.words == "the egress gateway has no route for it")
    }

    @Test("hostile names reach a snapshot as visible characters")
    func hostile() throws {
        var mesh = TestMesh()
        let line =
            "[2026-11-21T11:59:00.000Z] \"GET / HTTP/1.1\" 502 - direct_response - \"-\" 0 0 0 - \"-\" \"x\" \"y\" "
            + "\"evil\u{1B}]0;t\u{7}\u{202E}.com\" \"-\" - - 203.0.113.80:80 10.0.0.1:1 - block_all"
        mesh.log([try #require(AccessLogParser.record(line))])
        let blocked = try #require(mesh.snapshot().blocked.first)
        #expect(blocked.id.target == "evil␛]0;t␇\\u{202e}.com")
        #expect(blocked.name == blocked.id.target)
    }
}
