import Testing

@testable import MeshState

/// What is behind services: endpoints that are written out, and workloads that selectors choose.
@Suite struct WorkloadTests {
    static let workloads = """
        kind: WorkloadEntry
        metadata: {name: vm1, labels: {tier: db}}
        spec: {address: 10.0.0.1, labels: {app: mysql}, ports: {tcp: 13306}, weight: 3, locality: eu/a/1, serviceAccount: db}
        ---
        kind: WorkloadEntry
        metadata: {name: vm2}
        spec: {address: 10.0.0.2, labels: {app: mysql, tier: db}, network: other}
        ---
        kind: WorkloadEntry
        metadata: {name: named}
        spec: {address: vm3.example.com, labels: {app: mysql}}
        ---
        kind: WorkloadEntry
        metadata: {name: elsewhere, namespace: other}
        spec: {address: 10.0.0.4, labels: {app: mysql}}
        ---
        kind: WorkloadEntry
        metadata: {name: foreign, labels: {istio.io/rev: meshtop-disabled}}
        spec: {address: 10.0.0.5, labels: {app: mysql}}
        ---
        kind: WorkloadEntry
        metadata: {name: unreachable}
        spec: {network: other, labels: {app: mysql}}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: p, labels: {app: mysql}}
        spec: {serviceAccountName: pods, containers: [{name: istio-proxy}]}
        status: {podIP: 10.244.0.1, conditions: [{type: Ready, status: "True"}]}
        ---

        """

    static func endpoints(_ mesh: String) throws -> [String] {
        guard let cluster = try PlanText.planner(mesh).plan.clusters.first else { return [] }
        let endpoints: [MeshEndpoint] =
            switch cluster.discovery {
            case .fixed(let endpoints), .strictDNS(let endpoints): endpoints
            default: []
            }
        return endpoints.map { endpoint in
            guard case .host(let host, let port) = endpoint.address else { return "?" }
            return "\(host):\(port)" + (endpoint.weight > 0 ? "*\(endpoint.weight)" : "")
                + (endpoint.locality.isEmpty ? "" : " \(endpoint.locality)") + (endpoint.hasMeshTLS ? " mtls" : "")
                + (endpoint.identity.isEmpty ? "" : " \(endpoint.identity.split(separator: "/", maxSplits: 2)[2])")
        }
    }

    static func entry(_ resolution: String, _ labels: String = "{app: mysql}") -> String {
        """
        kind: ServiceEntry
        metadata: {name: e}
        spec:
          hosts: [db.example.com]
          location: MESH_INTERNAL
          resolution: \(resolution)
          ports: [{number: 3306, name: tcp, protocol: TCP, targetPort: 3307}]
          workloadSelector: {labels: \(labels)}
        """
    }

    @Test func aSelectorChoosesMachinesAndPods() throws {
        #expect(
            try Self.endpoints(Self.workloads + Self.entry("STATIC")) == [
                "10.0.0.1:13306*3 eu/a/1 mtls ns/default/sa/db", "10.0.0.2:3307",
                "10.244.0.1:3307 mtls ns/default/sa/pods",
            ])
        #expect(
            try Self.endpoints(Self.workloads + Self.entry("STATIC", "{app: mysql, tier: db}")) == [
                "10.0.0.1:13306*3 eu/a/1 mtls ns/default/sa/db", "10.0.0.2:3307",
            ])
    }

    @Test func namesAreForEntriesThatResolve() throws {
        #expect(try Self.endpoints(Self.workloads + Self.entry("DNS")).contains("vm3.example.com:3307"))
    }

    @Test func aKubernetesServiceChoosesMachinesToo() throws {
        let service = """
            apiVersion: v1
            kind: Service
            metadata: {name: mysql}
            spec: {clusterIP: 10.96.0.9, selector: {app: mysql}, ports: [{port: 3306, name: tcp}]}
            ---
            apiVersion: v1
            kind: Endpoints
            metadata: {name: mysql}
            subsets: [{addresses: [{ip: 10.244.0.1}], ports: [{port: 3306, name: tcp}]}]
            """
        #expect(
            try Self.endpoints(Self.workloads + service) == [
                "10.244.0.1:3306 mtls ns/default/sa/pods", "10.0.0.1:13306*3 eu/a/1 mtls ns/default/sa/db",
                "10.0.0.2:3306",
            ])
    }

    /// What `istioctl register` makes: a Service without a selector, whose annotation names the machine's account.
    @Test func aRegisteredMachineAnswersAsTheAccountOfTheAnnotation() throws {
        let service = """
            apiVersion: v1
            kind: Service
            metadata: {name: mysqldb, annotations: {alpha.istio.io/kubernetes-serviceaccounts: default}}
            spec: {clusterIP: 10.96.0.9, ports: [{port: 3306, name: mysql}]}
            ---
            apiVersion: v1
            kind: Endpoints
            metadata: {name: mysqldb}
            subsets: [{addresses: [{ip: 10.150.0.5}], ports: [{port: 3306, name: mysql}]}]
            """
        #expect(try Self.endpoints(service) == ["10.150.0.5:3306 mtls ns/default/sa/default"])
        #expect(
            try PlanText.planner(service).plan.clusters.first?.tls
                == .automatic(
                    sni: "outbound_.3306_._.mysqldb.default.svc.cluster.local",
                    subjectAltNames: ["spiffe://cluster.local/ns/default/sa/default"]))
    }
}
