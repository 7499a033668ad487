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
                "productpage-v1", "details-v1", "reviews-v3", "ratings-v1", "ratings-v2-mysql", "sleep",
                "istio-egressgateway",
            ])
        #expect(Set(nodes.map(\.loopback)).count == nodes.count)
        #expect(nodes.last?.kind == .gateway)
        #expect(nodes[4].loopback == "127.7.0.14")
        #expect(nodes[4].labels["app"] == "ratings" && nodes[4].labels["version"] == "v2-mysql")
    }

    @Test("Every address of the world map is on the lab's own block of the loopback")
    func worldMap() {
        let lines = WorldMap.text(layout: layout, nodes: LabWorld.nodes(layout: layout)).split(separator: "\n")
        #expect(lines.contains("203.0.113.10:3306 127.7.113.10:3306"))
        #expect(lines.contains("198.51.100.67:443 127.7.100.67:10443"))
        #expect(lines.contains("10.244.0.12 127.7.0.12:15006 proxy"))
        #expect(lines.contains("10.244.0.16 127.7.0.16"))
        #expect(lines.contains("10.244.0.3 127.7.0.3"))
        for line in lines { #expect(line.split(separator: " ")[1].hasPrefix("127.7.")) }
    }

    @Test("Endpoints are the pods that the service selects; ratings are those of the database")
    func objects() throws {
        let objects = LabWorld.objects(startTime: Date(timeIntervalSince1970: 0))
        func all(_ kind: String) -> [JSONValue] { objects.filter { $0["kind"]?.stringValue == kind } }
        #expect(all("Namespace").map { $0["metadata"]?["name"] } == ["default", "istio-system"])
        #expect(all("Service").count == 8 && all("Endpoints").count == 8 && all("Pod").count == 8)
        func endpoint(_ name: String) throws -> JSONValue {
            try #require(all("Endpoints").first { $0["metadata"]?["name"]?.stringValue == name }?["subsets"]?[0])
        }
        #expect(try endpoint("ratings")["addresses"]?.arrayValue?.count == 1)
        #expect(try endpoint("ratings")["addresses"]?[0]?["ip"] == "10.244.0.14")
        #expect(try endpoint("ratings-v1")["addresses"]?[0]?["ip"] == "10.244.0.13")
        #expect(try endpoint("istio-egressgateway")["ports"]?[0]?["port"] == 8080)
        let names = all("Pod").compactMap { $0["metadata"]?["name"]?.stringValue }
        #expect(Set(names).isSuperset(of: LabWorld.nodes(layout: layout).map(\.id.pod)))
        for pod in all("Pod") {
            let containers = pod["spec"]?["containers"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
            #expect(containers.contains("istio-proxy") == (pod["metadata"]?["labels"]?["app"] != "istiod"))
            #expect(pod["status"]?["containerStatuses"]?.arrayValue?.count == containers.count)
        }
    }

    @Test("A workload's program runs captured, in its pod's name")
    func programs() throws {
        let programs = try LabWorld.programs(
            layout: layout, executable: URL(filePath: "/bin/meshtop"), library: URL(filePath: "/lib/capture.so"))
        #expect(programs.count == 7)
        #expect(programs[0].name == "mariadb")
        let ratings = try #require(programs.first { $0.name == "workload ratings-v2-mysql" })
        #expect(ratings.arguments == ["lab-workload", "ratings-v2-mysql", "127.7.0.14", "9080"])
        #expect(ratings.environment["MESHTOP_SIDECAR"] == "127.7.0.14:15001")
        #expect(ratings.environment["MYSQL_DB_HOST"] == "mysql.example.com")
        let pod = try #require(LabWorld.nodes(layout: layout).first { $0.workload == "ratings-v2-mysql" }).id.pod
        #expect(ratings.logFile.lastPathComponent == "default_\(pod)_ratings.log")
        #expect(Set(programs.map(\.name)).count == programs.count)
        #expect(Set(programs.map(\.logFile)).count == programs.count)
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
            ("wikipedia.org", 1, 3, 0, []),
            ("details.default.svc.cluster.local", 1, 0, 1, [10, 96, 0, 21]),
            ("details", 1, 3, 0, []),
            ("edition.cnn.com", 28, 0, 0, []),
            ("nowhere.example", 28, 3, 0, []),
            ("99.113.0.203.in-addr.arpa", 12, 3, 0, []),
            ("67.100.51.198.in-addr.arpa", 12, 0, 1, Array("\u{3}com\u{0}".utf8)),
        ] as [(String, UInt16, UInt8, UInt8, [UInt8])])
    func replies(name: String, type: UInt16, code: UInt8, answers: UInt8, ending: [UInt8]) throws {
        let query = query(name, type: type)
        let reply = try #require(DNSMessage.reply(to: query, names: NameTable(LabWorld.addresses())))
        #expect(Array(reply[0..<2]) == [0xAB, 0xCD])
        #expect(reply[2] & 0x80 != 0)
        #expect(reply[3] & 0x0F == code)
        #expect(reply[7] == answers)
        #expect(reply.count == query.count + (answers == 0 ? 0 : Int(reply[query.count + 11]) + 12))
        #expect(Array(reply.suffix(ending.count)) == ending)
    }

    @Test("Damaged messages neither crash the server nor get an answer that they did not ask for")
    func damagedMessages() {
        let names = NameTable(LabWorld.addresses())
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

    @Test func replacedNames() {
        let table = NameTable(["one.example": "192.0.2.1"])
        table.replace(with: ["*.two.example": "192.0.2.2"])
        #expect(table.address(of: "one.example") == nil)
        #expect(table.address(of: "a.b.two.example") == "192.0.2.2")
        #expect(table.name(of: "192.0.2.2") == nil)
    }
}
