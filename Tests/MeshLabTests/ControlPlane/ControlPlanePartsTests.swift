import Foundation
import MeshState
import Testing

@testable import MeshLab

@Suite struct NetworkPrefixTests {
    @Test(arguments: [
        ("203.0.113.10", "203.0.113.10", 32), ("203.0.113.10/32", "203.0.113.10", 32),
        ("198.51.100.77/24", "198.51.100.0", 24), ("0.0.0.0/0", "0.0.0.0", 0), ("255.255.255.255/1", "128.0.0.0", 1),
    ])
    func reads(_ text: String, address: String, length: Int) throws {
        let prefix = try #require(NetworkPrefix(text))
        #expect(prefix.address == address)
        #expect(prefix.length == length)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.256", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/8/8", "::1", "a.b.c.d", "1.2.3.-4", "+1.2.3.4",
    ])
    func refuses(_ text: String) { #expect(NetworkPrefix(text) == nil) }
}

@Suite struct ReferenceCheckTests {
    private static let node = TestLab.node(
        "sleep-1", "default", number: 11, kind: .sidecar, ports: [.make(80, "HTTP")],
        layout: LabLayout(stateDirectory: URL(filePath: "/nowhere"), block: 9))
    private static let layout = LabLayout(stateDirectory: URL(filePath: "/nowhere"), block: 9)

    private static func resources() -> EnvoyResources {
        EnvoyResources(
            mesh: MeshConfiguration(entries: [
                .make(
                    "e", "a.b", ports: [.make(80, "HTTP"), .make(443, "TLS")], resolution: .static,
                    endpoints: [EntryEndpoint(address: "203.0.113.1")])
            ]), node: node, layout: layout)
    }

    private static func encoded(_ resources: EnvoyResources) -> [DiscoveryType: [String: EncodedResource]] {
        var result: [DiscoveryType: [String: EncodedResource]] = [:]
        for type in DiscoveryType.allCases {
            result[type] = resources[type].mapValues {
                EncodedResource(name: $0.name, bytes: [], references: $0.references)
            }
        }
        return result
    }

    /// What is wrong with a configuration that is sent as a whole.
    private static func problems(_ resources: EnvoyResources) -> [String] {
        var change = ResourceChange()
        change.put = encoded(resources).mapValues { Array($0.values) }
        return change.problems(in: [:])
    }

    @Test func aMeshIsAllRight() { #expect(Self.problems(Self.resources()) == []) }

    @Test func theSameMeshGivesTheSameResources() { #expect(Self.resources() == Self.resources()) }

    private static let missing = [
        "listener 0.0.0.0_443 names the cluster outbound|443||a.b, which does not exist",
        "listener 0.0.0.0_80 names the route configuration 80, which does not exist",
    ]

    @Test func whatIsMissingIsNamed() {
        var resources = Self.resources()
        resources.clusters["outbound|443||a.b"] = nil
        resources.routes["80"] = nil
        #expect(Self.problems(resources) == Self.missing)
    }

    @Test func whatGoesMustNotBeNamedByWhatStays() {
        let before = Self.encoded(Self.resources())
        var change = ResourceChange()
        change.removed = [.cds: ["outbound|443||a.b"], .rds: ["80"]]
        #expect(change.problems(in: before).sorted() == Self.missing)
        change.removed[.lds] = ["0.0.0.0_443", "0.0.0.0_80"]
        #expect(change.problems(in: before) == [])
    }

    @Test(
        arguments: [
            (["port_value": 0], "port 0 is not in the range 1 to 65535"),
            (["port_value": 65_536], "port 65536 is not in the range 1 to 65535"),
            (["filter_chains": [[:], [:]]], "two filter chains match the same connections"),
            (["virtual_hosts": [["domains": ["A.b"]], ["domains": ["a.b"]]]], "domain a.b is in two virtual hosts"),
        ] as [(JSONValue, String)])
    func whatIsWrongInside(_ value: JSONValue, problem: String) {
        var resources = Self.resources()
        resources.listeners["x"] = EnvoyResource(name: "x", value: value)
        #expect(Self.problems(resources) == ["listener x: \(problem)"])
    }
}

@Suite struct EnvoyLaunchTests {
    @Test func theExecutableIsTheRealOne() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "meshtop-envoy-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let script = folder.appending(path: ".venv/bin/envoy")
        let real = folder.appending(path: ".venv/lib/python3.11/site-packages/envoy/_bin/envoy")
        for (file, text) in [(script, "#!/usr/bin/python3\n"), (real, "\u{7F}ELF")] {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
        }
        #expect(try EnvoyLocator.find(environment: [:], workingDirectory: folder.path, program: nil).path == real.path)
        #expect(try EnvoyLocator.find(environment: ["MESHTOP_ENVOY": script.path], program: nil).path == real.path)
        let beside = folder.appending(path: "bin/meshtop")
        #expect(try EnvoyLocator.find(environment: [:], workingDirectory: "/", program: beside).path == real.path)
        #expect(throws: EnvoyLocator.NotFound.self) {
            try EnvoyLocator.find(environment: ["MESHTOP_ENVOY": "/nowhere"], workingDirectory: folder.path)
        }
        let elsewhere = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString)/bin/meshtop")
        let error = #expect(throws: EnvoyLocator.NotFound.self) {
            try EnvoyLocator.find(environment: ["PATH": "/nowhere"], workingDirectory: "/", program: elsewhere)
        }
        #expect(error?.description.contains("run `make setup`") == true)
    }

    @Test func theProgramIsToldEverything() {
        let layout = LabLayout(stateDirectory: URL(filePath: "/lab"), block: 9)
        let node = TestLab.node("sleep-1", "default", number: 11, kind: .sidecar, ports: [], layout: layout)
        let program = EnvoyLaunch.program(
            node: node, envoy: URL(filePath: "/bin/envoy"), captureLibrary: URL(filePath: "/lib/c.so"),
            worldMap: URL(filePath: "/lab/world.map"), layout: layout)
        #expect(program.name == "envoy sleep-1.default")
        #expect(program.logFile.path == "/lab/logs/default_sleep-1_istio-proxy.log")
        #expect(program.arguments.starts(with: ["--config-path", "/lab/proxies/sleep-1.default/bootstrap.json"]))
        for (name, value) in [
            "LD_PRELOAD": "/lib/c.so", "MESHTOP_CAPTURE_MODE": "world", "MESHTOP_WORLD_MAP": "/lab/world.map",
            "MESHTOP_POD_IP": "10.244.0.11",
        ] { #expect(program.environment[name] == value) }
    }
}
