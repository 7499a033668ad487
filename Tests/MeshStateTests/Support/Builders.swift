import FoundationEssentials
import MeshState

/// An entry's object as the API would give it.
func entryObject(
    _ name: String, namespace: String = "default", version: String = "1", labels: JSONValue = [:],
    annotations: JSONValue = [:], created: String = "2026-11-21T08:00:00Z", spec: JSONValue
) -> JSONValue {
    [
        "apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry",
        "metadata": [
            "name": .string(name), "namespace": .string(namespace), "resourceVersion": .string(version), "uid": "u",
            "creationTimestamp": .string(created), "labels": labels, "annotations": annotations,
            "managedFields": [["manager": "kubectl"]],
        ],
        "spec": spec,
    ]
}

func podObject(_ name: String, namespace: String = "default", ip: String = "10.0.0.1", labels: JSONValue = [:])
    -> JSONValue
{
    [
        "metadata": ["name": .string(name), "namespace": .string(namespace), "labels": labels],
        "spec": ["containers": [["name": "app"], ["name": "istio-proxy"]]],
        "status": ["podIP": .string(ip), "phase": "Running", "conditions": [["type": "Ready", "status": "True"]]],
    ]
}

func serviceObject(_ name: String, namespace: String = "default", ip: String = "10.96.0.1", port: Int64 = 9080)
    -> JSONValue
{
    [
        "metadata": ["name": .string(name), "namespace": .string(namespace)],
        "spec": ["clusterIP": .string(ip), "ports": [["name": "http", "port": .integer(port)]]],
    ]
}

/// A line about a call into the black hole.
func blackHole(_ time: String, to destination: String, from remote: String = "10.0.0.1:50000", sni: String? = nil)
    -> AccessLogRecord
{
    AccessLogRecord(
        start: .at(time), flags: ["UH"], upstreamCluster: "BlackHoleCluster", downstreamLocal: destination,
        downstreamRemote: remote, serverName: sni)
}

/// A line about an HTTP call that the route `block_all` answered.
func refused(_ time: String, _ authority: String, to destination: String, from remote: String = "10.0.0.1:50000")
    -> AccessLogRecord
{
    AccessLogRecord(
        start: .at(time), method: "GET", path: "/", httpProtocol: "HTTP/1.1", responseCode: 502,
        details: "direct_response", authority: authority, downstreamLocal: destination, downstreamRemote: remote,
        routeName: "block_all")
}

let mysqlSpec: JSONValue = [
    "hosts": ["mysql.example.com"], "addresses": ["203.0.113.10/32"], "location": "MESH_EXTERNAL",
    "ports": [["name": "tcp", "number": 3306, "protocol": "tcp"]],
]

let cnnSpec: JSONValue = [
    "hosts": ["edition.cnn.com"], "resolution": "DNS",
    "ports": [["name": "http-port", "number": 80, "protocol": "HTTP"]],
]

/// A store under test, with a clock of its own.
struct TestMesh {
    var store = MeshStore(identity: MeshIdentity(context: "lab", server: "https://127.0.0.1:6443"))
    var time = Date.at("12:00:00")
    let proxy = ProxyID(pod: "sleep", namespace: "default")

    mutating func fold(_ source: SourceID, _ fact: Observation.Fact, at time: String? = nil) {
        if let time { self.time = .at(time) }
        store.fold(Observation(source: source, time: self.time, fact: fact))
    }

    mutating func list(_ resource: String, _ objects: [JSONValue], at time: String? = nil) {
        fold(.watch(resource), .listed(resource: resource, objects: objects), at: time)
    }

    mutating func apply(_ resource: String, _ object: JSONValue, at time: String? = nil) {
        fold(.watch(resource), .applied(resource: resource, object: object), at: time)
    }

    mutating func log(_ records: [AccessLogRecord], proxy: ProxyID? = nil, at time: String? = nil) {
        let proxy = proxy ?? self.proxy
        fold(.accessLog(proxy), .accessLog(proxy: proxy, records: records), at: time)
    }

    mutating func traffic(
        _ clusters: [ClusterStatus], _ stats: ProxyStats = ProxyStats(), proxy: ProxyID? = nil, at time: String? = nil
    ) {
        let proxy = proxy ?? self.proxy
        fold(.admin(proxy), .traffic(proxy: proxy, clusters: clusters, stats: stats), at: time)
    }

    mutating func snapshot() -> MeshSnapshot { store.snapshot(at: time) }

    /// A snapshot in which nothing is known.
    var empty: MeshSnapshot { MeshSnapshot(time: time, identity: MeshIdentity(context: "lab", server: "")) }
}
