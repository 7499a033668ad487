import FoundationEssentials
import MeshState
import Testing

struct SuggestedEntryTests {
    /// A mesh where one call was blocked, with these entries.
    private static func mesh(
        _ record: AccessLogRecord, entries: [JSONValue] = [], services: [JSONValue] = [], names: [String: String] = [:]
    ) -> MeshSnapshot {
        var mesh = TestMesh()
        mesh.fold(.istiod, .mesh(policy: .registryOnly, version: "1.28.0"))
        mesh.list("pods", [podObject("sleep")])
        mesh.list("services", services)
        mesh.list("serviceentries", entries)
        for (address, name) in names {
            mesh.fold(.accessLog(mesh.proxy), .resolved(address: address, name: name))
        }
        mesh.log([record])
        return mesh.snapshot()
    }

    private static func suggestion(_ snapshot: MeshSnapshot) throws -> ChangeRequest {
        try SuggestedEntry.make(for: #require(snapshot.blocked.first), in: snapshot, id: 9)
    }

    private static func created(_ request: ChangeRequest) throws -> JSONValue {
        guard case .create(let object) = request.action else {
            Issue.record("\(request.action) is no create")
            return .null
        }
        #expect(ServiceEntryRules.problems(in: object, version: IstioVersion(1, 28)) == [])
        return object
    }

    @Test("HTTP: the authority")
    func http() throws {
        let request = try Self.suggestion(Self.mesh(refused("11:59:00", "edition.cnn.com:80", to: "203.0.113.80:80")))
        #expect(request.id == 9)
        #expect(request.summary == "allow edition.cnn.com:80")
        #expect(request.target == ObjectKey(kind: "ServiceEntry", namespace: "default", name: "edition-cnn-com"))
        #expect(
            try Self.created(request).yamlText == """
                apiVersion: networking.istio.io/v1
                kind: ServiceEntry
                metadata:
                  name: edition-cnn-com
                  namespace: default
                spec:
                  hosts:
                  - edition.cnn.com
                  location: MESH_EXTERNAL
                  ports:
                  - name: http
                    number: 80
                    protocol: HTTP
                  resolution: DNS

                """)
    }

    @Test("TLS: the server name")
    func tls() throws {
        let snapshot = Self.mesh(blackHole("11:59:00", to: "203.0.113.80:8443", sni: "Edition.CNN.com"))
        let spec = try Self.created(Self.suggestion(snapshot))["spec"]
        #expect(spec?["hosts"] == ["edition.cnn.com"])
        #expect(spec?["ports"] == [["number": 8443, "name": "tls", "protocol": "TLS"]])
        #expect(spec?["resolution"] == "DNS")
        #expect(spec?["addresses"] == nil)
    }

    @Test("TCP with a name: the form of the documents' mysql-external")
    func tcpWithName() throws {
        let snapshot = Self.mesh(
            blackHole("11:59:00", to: "203.0.113.10:3306"), names: ["203.0.113.10": "mysql.example.com"])
        let request = try Self.suggestion(snapshot)
        #expect(request.summary == "allow mysql.example.com:3306")
        #expect(
            try Self.created(request)["spec"] == [
                "hosts": ["mysql.example.com"], "addresses": ["203.0.113.10/32"], "location": "MESH_EXTERNAL",
                "resolution": "NONE", "ports": [["number": 3306, "name": "tcp", "protocol": "TCP"]],
            ])
    }

    @Test("TCP without a name: the address, and a label for it")
    func tcpWithoutName() throws {
        let request = try Self.suggestion(Self.mesh(blackHole("11:59:00", to: "203.0.113.10:5432")))
        #expect(request.summary == "allow 203.0.113.10:5432")
        let object = try Self.created(request)
        #expect(object["spec"]?["hosts"] == ["203-0-113-10.egress.invalid"])
        #expect(object["spec"]?["addresses"] == ["203.0.113.10/32"])
        #expect(object["metadata"]?["name"] == "203-0-113-10-egress-invalid")
    }

    @Test("port 443 without a server name, where a table knows the name, is TLS; HTTP to an address is HTTP")
    func exceptions() throws {
        let quiet = Self.mesh(blackHole("11:59:00", to: "203.0.113.80:443"), names: ["203.0.113.80": "edition.cnn.com"])
        let spec = try Self.created(Self.suggestion(quiet))["spec"]
        #expect(spec?["hosts"] == ["edition.cnn.com"])
        #expect(spec?["ports"]?[0]?["protocol"] == "TLS")

        let bare = try Self.created(
            Self.suggestion(Self.mesh(refused("11:59:00", "203.0.113.80", to: "203.0.113.80:80"))))
        #expect(bare["spec"]?["hosts"] == ["203-0-113-80.egress.invalid"])
        #expect(bare["spec"]?["addresses"] == ["203.0.113.80/32"])
        #expect(bare["spec"]?["ports"]?[0]?["protocol"] == "HTTP")
    }

    @Test("an entry that has the host gets the port, and keeps all else")
    func addsPort() throws {
        let object = entryObject("cnn", version: "5", spec: cnnSpec.with("unknownField", 1))
        let snapshot = Self.mesh(
            blackHole("11:59:00", to: "203.0.113.80:443", sni: "edition.cnn.com"), entries: [object])
        #expect(
            snapshot.blocked.first?.reason
                == .otherPort(ObjectKey(kind: "ServiceEntry", namespace: "default", name: "cnn")))
        let request = try Self.suggestion(snapshot)
        #expect(request.summary == "allow edition.cnn.com:443 in cnn")
        var expected = object.withoutManagedFields
        expected["spec"]?["ports"] = [
            ["name": "http-port", "number": 80, "protocol": "HTTP"], ["name": "tls", "number": 443, "protocol": "TLS"],
        ]
        #expect(request.action == .replace(expected))
    }

    @Test("an entry of another namespace that is seen here gets the port; one of one's own would hide it")
    func otherNamespace() throws {
        let record = blackHole("11:59:00", to: "203.0.113.80:443", sni: "edition.cnn.com")
        let seen = Self.mesh(record, entries: [entryObject("cnn", namespace: "vm", spec: cnnSpec)])
        #expect(
            try Self.suggestion(seen).target == ObjectKey(kind: "ServiceEntry", namespace: "vm", name: "cnn"))
        let hidden = Self.mesh(
            record, entries: [entryObject("cnn", namespace: "vm", spec: cnnSpec.with("exportTo", ["."]))])
        #expect(try Self.suggestion(hidden).target.namespace == "default")
    }

    @Test("a TCP port goes into an entry that has addresses, never into one that would open the port to all")
    func addsTCPPort() throws {
        let record = blackHole("11:59:00", to: "203.0.113.10:5432")
        let mysql = Self.mesh(record, entries: [entryObject("mysql", spec: mysqlSpec)])
        guard case .replace(let widened) = try Self.suggestion(mysql).action else {
            Issue.record("no replace")
            return
        }
        #expect(widened["spec"]?["addresses"] == ["203.0.113.10/32"])
        #expect(widened["spec"]?["ports"]?[1] == ["name": "tcp-5432", "number": 5432, "protocol": "TCP"])

        let cnn = Self.mesh(
            record, entries: [entryObject("cnn", spec: cnnSpec)], names: ["203.0.113.10": "edition.cnn.com"])
        let fresh = try Self.created(Self.suggestion(cnn))
        #expect(fresh["spec"]?["hosts"] == ["203-0-113-10.egress.invalid"])
        #expect(fresh["spec"]?["addresses"] == ["203.0.113.10/32"])
    }

    @Test("an entry that is off is switched on, with the port that it lacks")
    func switchesOn() throws {
        let off = entryObject("mysql", labels: ["istio.io/rev": "meshtop-disabled"], spec: mysqlSpec)
        let request = try Self.suggestion(Self.mesh(blackHole("11:59:00", to: "203.0.113.10:3306"), entries: [off]))
        #expect(request.summary == "switch on mysql")
        guard case .replace(let object) = request.action else {
            Issue.record("no replace")
            return
        }
        #expect(object["metadata"]?["labels"] == nil)

        let other = try Self.suggestion(Self.mesh(blackHole("11:59:00", to: "203.0.113.10:5432"), entries: [off]))
        guard case .replace(let widened) = other.action else {
            Issue.record("no replace")
            return
        }
        #expect(widened["metadata"]?["labels"] == nil)
        #expect(widened["spec"]?["ports"]?[1]?["number"] == 5432)
    }

    @Test("a name that another entry has is not taken")
    func uniqueNames() throws {
        let other = entryObject("edition-cnn-com", spec: mysqlSpec)
        let snapshot = Self.mesh(refused("11:59:00", "edition.cnn.com", to: "203.0.113.80:80"), entries: [other])
        #expect(try Self.suggestion(snapshot).target.name == "edition-cnn-com-2")
    }

    @Test("what no entry can allow is refused in words")
    func refusals() throws {
        let hostile = Self.mesh(refused("11:59:00", "a\u{1B}[31m.b", to: "203.0.113.80:80"))
        let error = #expect(throws: ChangeRefusal.self) { try Self.suggestion(hostile) }
        #expect(error?.reason.hasPrefix("no service entry can allow this: spec.hosts[0]: domain name") == true)
        #expect(error?.reason.contains("\u{1B}") == false)

        let service = Self.mesh(blackHole("11:59:00", to: "10.96.0.1:99"), services: [serviceObject("reviews")])
        #expect(throws: ChangeRefusal("10.96.0.1:99 belongs to service default/reviews: add the port there")) {
            try Self.suggestion(service)
        }
        let broken = Self.mesh(
            blackHole("11:59:00", to: "203.0.113.80:443", sni: "edition.cnn.com"),
            entries: [entryObject("cnn", spec: cnnSpec.with("addresses", ["x"]))])
        #expect(throws: ChangeRefusal("service entry cnn cannot take port 443: x is not a valid IP")) {
            try Self.suggestion(broken)
        }
        // A name alone, of a plain connection, would open the port to every destination.
        let id = BlockedEgress.ID(workload: "w", namespace: "n", target: "a.b", port: 1, transport: .tcp)
        let vague = BlockedEgress(
            id: id, proxy: ProxyID(pod: "w", namespace: "n"), destination: "", name: "a.b", nameSource: .dns,
            reason: .noEntry, count: 1, first: .at("12:00:00"), last: .at("12:00:00"))
        let vagueness = #expect(throws: ChangeRefusal.self) {
            try SuggestedEntry.make(for: vague, in: TestMesh().empty, id: 1)
        }
        #expect(vagueness?.reason.hasPrefix("the address of a.b:1 is not known") == true)
        let wrongProtocol = Self.mesh(
            blackHole("11:59:00", to: "203.0.113.80:80", sni: "edition.cnn.com"),
            entries: [entryObject("cnn", spec: cnnSpec)])
        #expect(throws: ChangeRefusal("service entry cnn has port 80 as HTTP, not as TLS: edit it")) {
            try Self.suggestion(wrongProtocol)
        }
    }

    @Test("a passthrough connection")
    func passthrough() throws {
        var mesh = TestMesh()
        func row(_ cluster: ClusterName, _ endpoints: [String]) -> Connection {
            Connection(
                id: Connection.ID(proxy: mesh.proxy, cluster: cluster), workload: "sleep", live: 1,
                total: Connection.Counters(), endpoints: endpoints)
        }
        let snapshot = mesh.snapshot()
        let request = try SuggestedEntry.make(
            for: row(.passthrough, ["192.0.2.1:443", "192.0.2.1:443"]), in: snapshot, id: 1)
        let spec = try Self.created(request)["spec"]
        #expect(spec?["addresses"] == ["192.0.2.1/32"])
        #expect(spec?["ports"] == [["number": 443, "name": "tcp", "protocol": "TCP"]])
        for refused in [
            row(.passthrough, []), row(.passthrough, ["192.0.2.1:443", "192.0.2.1:80"]),
            row(ClusterName("outbound|80||a.b"), ["192.0.2.1:80"]),
        ] {
            #expect(throws: ChangeRefusal.self) { try SuggestedEntry.make(for: refused, in: snapshot, id: 1) }
        }
    }

    @Test("by host and port: what was blocked decides, then the port")
    func byHost() throws {
        let snapshot = Self.mesh(
            blackHole("11:59:00", to: "203.0.113.10:3306"), names: ["203.0.113.10": "mysql.example.com"])
        func make(_ host: String, _ port: Int, from workload: String? = nil, address: String? = nil) throws
            -> ChangeRequest
        {
            try SuggestedEntry.make(host: host, port: port, from: workload, address: address, in: snapshot, id: 1)
        }
        for host in ["mysql.example.com", "203.0.113.10", "MySQL.example.com"] {
            #expect(try Self.created(make(host, 3306, from: "sleep"))["spec"]?["addresses"] == ["203.0.113.10/32"])
        }
        #expect(try Self.created(make("a.b", 443))["spec"]?["ports"]?[0]?["protocol"] == "TLS")
        #expect(try Self.created(make("a.b", 80))["spec"]?["ports"]?[0]?["protocol"] == "HTTP")
        #expect(try Self.created(make("a.b", 5432, address: "192.0.2.1"))["spec"]?["addresses"] == ["192.0.2.1/32"])
        #expect(try Self.created(make("2001:db8::1", 5432))["spec"]?["addresses"] == ["2001:db8::1/128"])
        // Nothing is known of this workload's calls, and of the name no address.
        #expect(throws: ChangeRefusal.self) { try make("mysql.example.com", 3306, from: "other") }
        #expect(throws: ChangeRefusal("0 is no port: give 1 to 65535")) { try make("a.b", 0) }
    }
}
