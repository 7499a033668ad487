import MeshState
import Testing

@testable import MeshLab

@Suite struct ServiceEndpointsTests {
    private static func service(_ spec: JSONValue) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "Service",
            "metadata": ["name": "made", "namespace": "default", "labels": ["a": "b"]], "spec": spec,
        ]
    }

    private static func pod(_ number: Int, isReady: Bool = true, port: Int = 8080) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": [
                "name": .string("web-\(number)"), "namespace": "default", "labels": ["app": "web"],
                "uid": .string("u\(number)"),
            ],
            "spec": [
                "nodeName": "lab",
                "containers": [["name": "web", "ports": [["name": "http", "containerPort": .integer(Int64(port))]]]],
            ],
            "status": [
                "podIP": .string("10.244.0.\(number)"),
                "conditions": [["type": "Ready", "status": isReady ? "True" : "False"]],
            ],
        ]
    }

    @Test func followSelectorsReadinessAndNamesOfPorts() throws {
        let spec: JSONValue = [
            "selector": ["app": "web"],
            "ports": [["name": "web", "port": 80, "targetPort": "http"], ["name": "raw", "port": 81]],
        ]
        let pods = [Self.pod(60), Self.pod(9), Self.pod(61, isReady: false), Self.pod(62, port: 9000)]
        let endpoints = try #require(ServiceEndpoints.endpoints(of: Self.service(spec), pods: pods))
        #expect(endpoints["metadata"] == ["name": "made", "namespace": "default", "labels": ["a": "b"]])
        let subsets = try #require(endpoints["subsets"]?.arrayValue)
        #expect(subsets.count == 2)
        #expect(
            subsets[0]["ports"] == [
                ["name": "web", "port": 8080, "protocol": "TCP"], ["name": "raw", "port": 81, "protocol": "TCP"],
            ])
        #expect(subsets[0]["addresses"]?.arrayValue?.map { $0["ip"] } == ["10.244.0.9", "10.244.0.60"])
        #expect(subsets[0]["notReadyAddresses"]?.arrayValue?.map { $0["ip"] } == ["10.244.0.61"])
        #expect(
            subsets[1]["addresses"] == [
                [
                    "ip": "10.244.0.62", "nodeName": "lab",
                    "targetRef": ["kind": "Pod", "name": "web-62", "namespace": "default", "uid": "u62"],
                ]
            ])
        #expect(ServiceEndpoints.endpoints(of: Self.service(["ports": [["port": 80]]]), pods: pods) == nil)
        let nobody = Self.service(["selector": ["app": "x"], "ports": [["port": 80]]])
        #expect(ServiceEndpoints.endpoints(of: nobody, pods: pods)?["subsets"] == JSONValue?.none)
    }

    @Test func areMadeKeptAndDeletedWithTheirService() async throws {
        try await WorldFixture.use { fixture in
            let store = try ObjectStore(file: fixture.layout.databaseFile)
            func addresses() async -> [JSONValue?]? {
                await store.get(.endpoints, namespace: "default", name: "made")?["subsets"]?[0]?["addresses"]?
                    .arrayValue?.map { $0["ip"] }
            }
            try await during({ try await ServiceEndpoints(store: store).follow() }) {
                try await store.create(.pods, Self.pod(9))
                let spec: JSONValue = ["selector": ["app": "web"], "ports": [["port": 80]]]
                try await store.create(.services, Self.service(spec))
                _ = try await awaited("the address") { await addresses() == ["10.244.0.9"] ? true : nil }
                try await store.create(.pods, Self.pod(10))
                _ = try await awaited("both") { await addresses() == ["10.244.0.9", "10.244.0.10"] ? true : nil }
                try await store.delete(.pods, namespace: "default", name: "web-9")
                _ = try await awaited("the other") { await addresses() == ["10.244.0.10"] ? true : nil }
                try await store.delete(.services, namespace: "default", name: "made")
                _ = try await awaited("nothing") {
                    await store.get(.endpoints, namespace: "default", name: "made") == nil ? true : nil
                }
            }
        }
    }
}
