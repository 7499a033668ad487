import Foundation
import MeshState
import Testing

@testable import MeshLab

@Suite struct LabWorldTests {
    private let layout = LabLayout(stateDirectory: URL(filePath: "/state"), block: 7)

    @Test func proxies() {
        let nodes = LabWorld.nodes(layout: layout)
        #expect(
            nodes.map(\.workload) == [
                "productpage-v1", "details-v1", "reviews-v1", "reviews-v2", "reviews-v3", "ratings-v1",
                "ratings-v2-mysql", "ratings-v2-mysql-vm", "sleep", "istio-egressgateway", "mysqldb",
            ])
        #expect(Set(nodes.map(\.loopback)).count == nodes.count)
        #expect(nodes[9].kind == .gateway)
        #expect(nodes[6].loopback == "127.7.0.14")
        #expect(nodes[6].labels["app"] == "ratings" && nodes[6].labels["version"] == "v2-mysql")
        #expect(nodes[6].spiffeID == "spiffe://cluster.local/ns/default/sa/bookinfo-ratings")
    }

    @Test("The virtual machine has a proxy and no pod")
    func virtualMachine() throws {
        let node = try #require(LabWorld.nodes(layout: layout).last)
        #expect(node.id == ProxyID(pod: "mysqldb", namespace: "vm"))
        #expect(node.ip == "10.150.0.5" && node.loopback == "127.7.150.5")
        #expect(node.applicationPorts.map(\.number) == [3306])
        #expect(node.spiffeID == "spiffe://cluster.local/ns/vm/sa/default")
    }

    @Test("Every address of the world map is on the lab's own block of the loopback")
    func worldMap() {
        let lines = WorldMap.text(layout: layout).split(separator: "\n")
        #expect(lines.contains("203.0.113.10:3306 127.7.113.10:3306"))
        #expect(lines.contains("198.51.100.67:443 127.7.100.67:10443"))
        #expect(lines.contains("10.244.0.12 127.7.0.12:15006 proxy"))
        #expect(lines.contains("10.244.0.16 127.7.0.16 proxy"))
        #expect(lines.contains("10.244.0.3 127.7.0.3"))
        #expect(lines.contains("10.150.0.5 127.7.150.5:15006 proxy"))
        #expect(lines.contains("10.244.0.40:443 127.7.0.40:10443"))
        // Services, as the cluster's own network has them.
        #expect(lines.contains("10.96.0.40:31443 127.7.0.40:31443"))
        #expect(lines.contains("10.96.0.21:9080 127.7.0.11:15006 proxy"))
        #expect(lines.contains("10.96.0.31:80 127.7.0.16:8080 proxy"))
        #expect(lines.contains("10.96.0.30:15014 127.7.0.3:15014"))
        for line in lines { #expect(line.split(separator: " ")[1].hasPrefix("127.7.")) }
    }

    @Test("Endpoints are the pods that the service selects, of all versions")
    func objects() throws {
        let objects = LabWorld.objects(startTime: Date(timeIntervalSince1970: 0))
        func all(_ kind: String) -> [JSONValue] { objects.filter { $0["kind"]?.stringValue == kind } }
        #expect(
            all("Namespace").map { $0["metadata"]?["name"] } == [
                "default", "istio-system", "kube-system", "mesh-external", "test-egress", "vm",
            ])
        #expect(all("Service").count == 9 && all("Endpoints").count == 9 && all("Pod").count == 14)
        // `meshtop register` makes it.
        #expect(all("Service").allSatisfy { $0["metadata"]?["namespace"] != "vm" })
        func endpoint(_ name: String) throws -> JSONValue {
            try #require(all("Endpoints").first { $0["metadata"]?["name"]?.stringValue == name }?["subsets"]?[0])
        }
        func addresses(_ name: String) throws -> [String?] {
            try endpoint(name)["addresses"]?.arrayValue?.map { $0["ip"]?.stringValue } ?? []
        }
        #expect(try addresses("ratings") == ["10.244.0.13", "10.244.0.14", "10.244.0.19"])
        #expect(try addresses("reviews") == ["10.244.0.12", "10.244.0.17", "10.244.0.18"])
        #expect(try endpoint("istio-egressgateway")["ports"]?[0]?["port"] == 8080)
        #expect(try endpoint("my-nginx")["addresses"]?[0]?["ip"] == "10.244.0.40")
        let proxies = LabWorld.nodes(layout: layout).filter { $0.workload != "mysqldb" }.map(\.id.pod)
        for pod in all("Pod") {
            let name = try #require(pod["metadata"]?["name"]?.stringValue)
            let containers = pod["spec"]?["containers"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
            #expect(containers.contains("istio-proxy") == proxies.contains(name))
            let hasSidecar = pod["metadata"]?["annotations"]?["sidecar.istio.io/status"] != nil
            #expect((pod["metadata"]?["labels"]?["security.istio.io/tlsMode"] != nil) == hasSidecar)
            #expect(pod["status"]?["containerStatuses"]?.arrayValue?.count == containers.count)
        }
        // The egress gateway has the ports of Istio's release; those of istiod are bytes to the proxies.
        func ports(_ name: String) throws -> [ServicePort] {
            try Service(object: try #require(all("Service").first { $0["metadata"]?["name"]?.stringValue == name }))
                .ports
        }
        #expect(
            try ports("istio-egressgateway").map { [$0.number, $0.targetPort] } == [
                [80, 8080], [443, 8443], [15443, 15443],
            ])
        #expect(try ports("istio-egressgateway").map(\.parsedProtocol) == [.http2, .https, .tls])
        #expect(try ports("istiod").map(\.number) == [15_010, 15_012, 443, 15_014])
        #expect(try ports("istiod").allSatisfy { $0.parsedProtocol == .tcp })
    }

    @Test("Routes are stored once: what people make of them stays, and a lab from before gets them")
    func seed() async throws {
        try await WorldFixture.use { fixture in
            let authority = LabCA(directory: fixture.layout.certificateDirectory)
            try await authority.prepare()
            let store = try ObjectStore(file: fixture.layout.databaseFile)
            func names(_ resource: Resource) async -> [String?] {
                await store.list(resource).objects.map { $0["metadata"]?["name"]?.stringValue }.sorted {
                    ($0 ?? "") < ($1 ?? "")
                }
            }
            try await LabWorld.seed(store, authority: authority)
            #expect(await names(.virtualServices) == ["ratings", "reviews"])
            #expect(await names(.destinationRules) == ["ratings", "reviews"])
            #expect(await names(.secrets) == ["client-credential", "client-credential"])
            let route = await store.get(.virtualServices, namespace: "default", name: "ratings")
            #expect(route?["spec"]?["http"]?[0]?["route"]?[0]?["destination"]?["subset"] == "v2-mysql")

            try await store.delete(.virtualServices, namespace: "default", name: "ratings")
            try await store.delete(.pods, namespace: "default", name: try fixture.node("sleep").id.pod)
            try await LabWorld.seed(store, authority: authority)
            #expect(await names(.virtualServices) == ["reviews"])
            #expect(await store.list(.pods).objects.count == 14)

            // As it was when there was a service for each version.
            let old = try #require(await store.get(.services, namespace: "default", name: "ratings"))
            let spec = (old["spec"] ?? [:]).replacing("selector", by: ["app": "ratings", "version": "v2-mysql"])
            try await store.replace(.services, old.replacing("spec", by: spec))
            try await store.create(
                .services,
                [
                    "apiVersion": "v1", "kind": "Service",
                    "metadata": ["name": "ratings-v1", "namespace": "default"], "spec": ["clusterIP": "10.96.0.24"],
                ])
            try await LabWorld.seed(store, authority: authority)
            #expect(await names(.virtualServices) == ["ratings", "reviews"])
            #expect(await !names(.services).contains("ratings-v1"))
        }
    }

    @Test("The API would take the routes without a complaint")
    func validity() throws {
        for object in LabWorld.routing { #expect(ObjectRules.problems(in: object).isEmpty) }
    }

    @Test("A workload's program runs captured, in its pod's name")
    func programs() throws {
        let programs = try LabWorld.programs(
            layout: layout, executable: URL(filePath: "/bin/meshtop"), library: URL(filePath: "/lib/capture.so"))
        #expect(programs.count == 11)
        #expect(programs.prefix(2).map(\.name) == ["mariadb", "mysqldb"])
        let ratings = try #require(programs.first { $0.name == "workload ratings-v2-mysql" })
        #expect(ratings.arguments == ["lab-workload", "ratings-v2-mysql", "127.7.0.14", "9080"])
        #expect(ratings.environment["MESHTOP_SIDECAR"] == "127.7.0.14:15001")
        #expect(ratings.environment["MYSQL_DB_HOST"] == "mysql.example.com")
        let pod = try #require(LabWorld.nodes(layout: layout).first { $0.workload == "ratings-v2-mysql" }).id.pod
        #expect(ratings.logFile.lastPathComponent == "default_\(pod)_ratings.log")
        let onVirtualMachine = try #require(programs.first { $0.name == "workload ratings-v2-mysql-vm" })
        #expect(onVirtualMachine.environment["MYSQL_DB_HOST"] == "mysqldb.vm.svc.cluster.local")
        #expect(onVirtualMachine.environment["MYSQL_DB_USER"] == "root")
        #expect(Set(programs.map(\.name)).count == programs.count)
        #expect(Set(programs.map(\.logFile)).count == programs.count)
    }

    @Test(
        "What the documents mount is a file of the lab; other paths are what they are",
        arguments: [
            ("/etc/certs/key.pem", "/state/proxies/sleep-7656cf8794-t9gxd.default/key.pem"),
            ("/etc/certs/myclientcert.pem", "/state/proxies/sleep-7656cf8794-t9gxd.default/cert-chain.pem"),
            ("/etc/certs/rootcacerts.pem", "/state/proxies/sleep-7656cf8794-t9gxd.default/root-cert.pem"),
            ("/etc/istio/nginx-client-certs/tls.crt", "/state/certs/istio/nginx-client-certs/tls.crt"),
            ("/var/run/example/socket", "/state/run/example/socket"),
            ("/etc/certificates", "/etc/certificates"),
        ])
    func mounts(path: String, file: String) throws {
        let node = try #require(LabWorld.nodes(layout: layout).first { $0.workload == "sleep" })
        #expect(PodMounts(of: node, layout: layout).file(at: path) == file)
        #expect((PodMounts(of: nil, layout: layout).file(at: path) == path) == path.hasPrefix("/etc/cert"))
    }

    // MARK: Names

    private func query(_ name: String, type: UInt16) -> [UInt8] {
        let labels = name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        return [0xAB, 0xCD, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + labels + [0, UInt8(type >> 8), UInt8(type & 0xFF), 0, 1]
    }

    @Test(
        "Replies to raw queries: code, number of answers, last bytes",
        arguments: [
            ("edition.cnn.com", 1, 0, 1, [198, 51, 100, 67]),
            ("EDITION.cnn.COM", 1, 0, 1, [198, 51, 100, 67]),
            ("fr.wikipedia.org", 1, 0, 1, [192, 0, 2, 224]),
            ("wikipedia.org", 1, 0, 1, [192, 0, 2, 224]),
            ("us.foo.bar.com", 1, 0, 1, [192, 0, 2, 51]),
            ("any.bar.com", 1, 0, 1, [192, 0, 2, 54]),
            ("mysqldb.vm.svc.cluster.local", 1, 3, 0, []),
            ("details.default.svc.cluster.local", 1, 0, 1, [10, 96, 0, 21]),
            ("details", 1, 3, 0, []),
            ("edition.cnn.com", 28, 0, 0, []),
            ("nowhere.example", 28, 3, 0, []),
            ("99.113.0.203.in-addr.arpa", 12, 3, 0, []),
            ("67.100.51.198.in-addr.arpa", 12, 0, 1, Array("\u{3}com\u{0}".utf8)),
        ] as [(String, UInt16, UInt8, UInt8, [UInt8])])
    func replies(name: String, type: UInt16, code: UInt8, answers: UInt8, ending: [UInt8]) throws {
        let query = query(name, type: type)
        let reply = try #require(DNSMessage.reply(to: query, names: try WorldFixture.names()))
        #expect(Array(reply[0..<2]) == [0xAB, 0xCD])
        #expect(reply[2] & 0x80 != 0)
        #expect(reply[3] & 0x0F == code)
        #expect(reply[7] == answers)
        #expect(reply.count == query.count + (answers == 0 ? 0 : Int(reply[query.count + 11]) + 12))
        #expect(Array(reply.suffix(ending.count)) == ending)
    }

    @Test("Damaged messages neither crash the server nor get an answer that they did not ask for")
    func damagedMessages() throws {
        let names = try WorldFixture.names()
        let whole = query("edition.cnn.com", type: 1)
        for length in 0..<whole.count {
            let reply = DNSMessage.reply(to: Array(whole.prefix(length)), names: names)
            #expect(reply.map { $0[3] & 0x0F } == (length < 12 ? nil : 1))
        }
        var response = whole
        response[2] |= 0x80
        #expect(DNSMessage.reply(to: response, names: names) == nil)
        var pointer = whole
        pointer[12] = 0xC0
        #expect(DNSMessage.reply(to: pointer, names: names)?[3] == 0x81)
    }

    @Test("Made-up addresses are for workloads alone; a service's name stands before all")
    func layersOfNames() {
        let table = NameTable(["one.example": "192.0.2.1", "*.three.example": "192.0.2.3"])
        table.replace(.services, with: ["one.default.svc.cluster.local": "10.96.0.1"])
        table.replace(.virtual, with: ["one.example": "240.240.0.1", "ONE.default.svc.cluster.local": "240.240.0.2"])
        let names = ["one.example", "ONE.default.svc.cluster.local", "a.b.three.example", "two.example"]
        #expect(
            names.map { table.address(of: $0, for: .workload) } == ["240.240.0.1", "10.96.0.1", "192.0.2.3", nil])
        #expect(names.map { table.address(of: $0) } == ["192.0.2.1", "10.96.0.1", "192.0.2.3", nil])
        table.replace(.virtual, with: ["*.two.example": "240.240.0.4"])
        #expect(table.address(of: "one.example", for: .workload) == "192.0.2.1")
        #expect(table.address(of: "a.two.example", for: .workload) == "240.240.0.4")
        #expect(table.name(of: "240.240.0.4") == nil && table.name(of: "10.96.0.1") != nil)
    }

    @Test("A service has its own address; one without has an endpoint's, and one without either has none")
    func serviceNames() throws {
        func object(_ name: String, _ members: String) throws -> JSONValue {
            try JSONValue(parsing: #"{"metadata":{"name":"\#(name)","namespace":"vm"},\#(members)}"#)
        }
        let endpoint = #""subsets":[{"notReadyAddresses":[{"ip":"10.0.0.9"}]},{"addresses":[{"ip":"10.150.0.5"}]}]"#
        let addresses = ServiceNames.addresses(
            services: [
                try object("own", #""spec":{"clusterIP":"10.96.0.9"}"#),
                try object("headless", #""spec":{"clusterIP":"None"}"#),
                try object("open", #""spec":{}"#), try object("empty", #""spec":{"clusterIP":""}"#),
            ],
            endpoints: [
                try object("own", endpoint), try object("headless", endpoint), try object("open", endpoint),
                try object("empty", #""subsets":null"#), try object("nobody", endpoint),
            ])
        #expect(
            addresses == [
                "own.vm.svc.cluster.local": "10.96.0.9", "headless.vm.svc.cluster.local": "10.150.0.5",
                "open.vm.svc.cluster.local": "10.150.0.5",
            ])
    }
}
