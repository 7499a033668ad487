import MeshState
import Testing

/// What registering a workload outside the cluster writes, and says.
@Suite struct RegistrationTests {
    @Test(arguments: [
        ("3306", 3306, "mysql"), ("80", 80, "http"), ("443", 443, "https"), ("8080", 8080, "http"),
        ("9080", 9080, "9080"),
        ("tcp:8888", 8888, "tcp"),
    ])
    func portsHaveNames(_ text: String, _ number: Int, _ name: String) throws {
        let port = try #require(Registration.Port(text))
        #expect(port.number == number && port.name == name)
    }

    @Test(arguments: ["", "0", "65536", "-1", "a", ":80", "a:b:80", "http:"])
    func refusesWhatIsNoPort(_ text: String) { #expect(Registration.Port(text) == nil) }

    static func registration(_ address: String, _ ports: String...) -> Registration {
        Registration(
            namespace: "vm", name: "mysqldb", address: address, ports: ports.compactMap { Registration.Port($0) })
    }

    @Test func addressesShareASubsetWithExactlyTheirPorts() {
        let first = Self.registration("10.150.0.5", "3306")
        var endpoints = first.endpoints
        #expect(first.add(to: &endpoints) == .newSubset)
        #expect(first.add(to: &endpoints) == .present)
        #expect(Self.registration("10.150.0.6", "3306").add(to: &endpoints) == .joined)
        #expect(Self.registration("10.150.0.7", "3306", "http:80").add(to: &endpoints) == .newSubset)
        #expect(Registration.count(endpoints) == 3)
        #expect(endpoints["subsets"]?.arrayValue?.count == 2)
        #expect(endpoints["subsets"]?[0]?["ports"] == [["name": "mysql", "port": 3306]])

        #expect(Registration.remove("10.150.0.7", from: &endpoints))
        #expect(!Registration.remove("10.150.0.7", from: &endpoints))
        #expect(endpoints["subsets"]?.arrayValue?.count == 1 && Registration.count(endpoints) == 2)
    }

    @Test func speaksAsIstioctlDid() {
        let registration = Self.registration("10.150.0.5", "3306")
        #expect(
            registration.announcement == [
                "Registering for service 'mysqldb' ip '10.150.0.5', ports list [{3306 mysql}]",
                "0 labels ([]) and 1 annotations ([alpha.istio.io/kubernetes-serviceaccounts=default])",
            ])
        #expect(registration.subsetText == "{[{10.150.0.5  <nil> nil}] [] [{mysql 3306 }]}")
        #expect(registration.service["spec"] == ["ports": [["name": "mysql", "port": 3306]]])
        #expect(
            registration.service["metadata"]?["annotations"]
                == ["alpha.istio.io/kubernetes-serviceaccounts": "default"])
    }
}
