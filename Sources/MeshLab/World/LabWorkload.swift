public import MeshState

/// A workload of the lab: one pod, as a Deployment of one replica would make it, or a virtual machine.
public struct LabWorkload: Sendable, Hashable {
    public let name: String
    public let namespace: String
    public let kind: Pod.ProxyKind
    /// The labels, those that a pod's controller adds left out.
    public let labels: [String: String]
    /// A pod is `10.244.0.N`.
    public let ip: String
    /// The ports that the workload itself listens on.
    public let ports: [ServicePort]
    /// The Kubernetes service account that it runs as.
    public let serviceAccount: String
    /// The settings of its program, beside those that every workload has.
    public let environment: [String: String]
    /// What it serves, if the process of the outside world stands in for it.
    public let served: [OutsideHost.Port]
    /// How a pod is named and what runs in it; nil for a virtual machine.
    let template: Template?

    struct Template: Sendable, Hashable {
        let image: String
        /// What a ReplicaSet and a pod of it append to their names.
        let hash: String
        let suffix: String
    }

    init(
        _ name: String, in namespace: String = "default", kind: Pod.ProxyKind = .sidecar, labels: [String: String],
        ip: String, ports: [ServicePort] = [], serviceAccount: String = "default", environment: [String: String] = [:],
        served: [OutsideHost.Port] = [], template: Template?
    ) {
        self.name = name
        self.namespace = namespace
        self.kind = kind
        self.labels = labels
        self.ip = ip
        self.ports = ports
        self.serviceAccount = serviceAccount
        self.environment = environment
        self.served = served
        self.template = template
    }

    /// The pod's name; a virtual machine has its own.
    public var pod: String { template.map { "\(name)-\($0.hash)-\($0.suffix)" } ?? name }
    /// The container with the workload itself; its name is the log's too.
    public var container: String { labels["app"] ?? name }
    /// Whether a program of the lab runs as it: not where nobody listens or the outside world does.
    var hasProgram: Bool { kind == .sidecar && template != nil }
    /// The workload as a server of the outside world, known by the name of its Service.
    var server: OutsideHost? { served.isEmpty ? nil : OutsideHost([], ip, served) }
}

extension LabWorkload {
    private static let http = ServicePort(number: 9080, name: "http", protocolText: "HTTP")

    private static func bookinfo(
        _ app: String, _ version: String, pod number: Int, hash: String, suffix: String,
        environment: [String: String] = [:]
    ) -> LabWorkload {
        LabWorkload(
            "\(app)-\(version)", labels: ["app": app, "version": version], ip: "10.244.0.\(number)", ports: [http],
            serviceAccount: "bookinfo-\(app)", environment: environment,
            template: Template(
                image: "docker.io/istio/examples-bookinfo-\(app)-\(version):1.20.3", hash: hash, suffix: suffix))
    }

    private static func database(host: String, user: String, password: String) -> [String: String] {
        [
            "DB_TYPE": "mysql", "MYSQL_DB_HOST": host, "MYSQL_DB_PORT": "3306", "MYSQL_DB_USER": user,
            "MYSQL_DB_PASSWORD": password,
        ]
    }

    private static let curl = "docker.io/curlimages/curl:8.16.0"

    /// The virtual machine of the documents: in the mesh by a sidecar of its own, but no pod.
    static let virtualMachine = LabWorkload(
        "mysqldb", in: "vm", labels: ["app": "mysqldb"], ip: "10.150.0.5",
        ports: [ServicePort(number: 3306, name: "mysql", protocolText: "MySQL")], template: nil)

    private static func sleepInTestEgress(_ kind: Pod.ProxyKind, ip: String, suffix: String) -> LabWorkload {
        LabWorkload(
            "sleep", in: "test-egress", kind: kind, labels: ["app": "sleep"], ip: ip, serviceAccount: "sleep",
            template: Template(image: curl, hash: "7656cf8794", suffix: suffix))
    }

    /// The pod without a proxy in a namespace of the documents, while that namespace does not ask for injection.
    static let plainSleep = sleepInTestEgress(.none, ip: "10.244.0.41", suffix: "n3v7p")
    /// The pod that takes its place where the namespace does.
    static let injectedSleep = sleepInTestEgress(.sidecar, ip: "10.244.0.42", suffix: "h6w9s")

    /// The cluster's DNS; the lab process is behind its address.
    static let nameServer = LabWorkload(
        "coredns", in: "kube-system", kind: .none, labels: ["k8s-app": "kube-dns"], ip: "10.244.0.2",
        ports: [ServicePort(number: 53, name: "dns", protocolText: "UDP")], serviceAccount: "coredns",
        template: Template(image: "registry.k8s.io/coredns/coredns:v1.12.0", hash: "668d6bf9bc", suffix: "4zq7m"))

    /// istiod; the lab process is behind its address.
    static let istiod = LabWorkload(
        "istiod", in: "istio-system", kind: .none, labels: ["app": "istiod", "istio": "pilot"], ip: "10.244.0.3",
        ports: [ServicePort(number: 15_014, name: "http-monitoring", protocolText: "HTTP")], serviceAccount: "istiod",
        template: Template(
            image: "docker.io/istio/pilot:\(LabWorld.istioVersion)", hash: "5c4b6d8f7b", suffix: "r8w6z"))

    /// Bookinfo, the client of the documents' tasks, the egress gateway, the virtual machine, and pods without a proxy.
    public static let all: [LabWorkload] = [
        bookinfo("productpage", "v1", pod: 10, hash: "54bb874995", suffix: "x2x9k"),
        bookinfo("details", "v1", pod: 11, hash: "67894999b5", suffix: "hd6tq"),
        bookinfo("reviews", "v1", pod: 17, hash: "545db77b95", suffix: "w4n8d"),
        bookinfo("reviews", "v2", pod: 18, hash: "7bf8c9648f", suffix: "c2zjm"),
        bookinfo("reviews", "v3", pod: 12, hash: "79b9d4c4c6", suffix: "5m7vw"),
        bookinfo("ratings", "v1", pod: 13, hash: "7bdfd65ccc", suffix: "lz8cf"),
        bookinfo(
            "ratings", "v2-mysql", pod: 14, hash: "6c68c6c967", suffix: "q4b2n",
            environment: database(host: OutsideHost.database.name, user: "bookinfo", password: "bookinfo")),
        bookinfo(
            "ratings", "v2-mysql-vm", pod: 19, hash: "5c4d9b7f8d", suffix: "r6tgk",
            environment: database(host: "mysqldb.vm.svc.cluster.local", user: "root", password: "password")),
        LabWorkload(
            "sleep", labels: ["app": "sleep"], ip: "10.244.0.15", serviceAccount: "sleep",
            template: Template(image: curl, hash: "7656cf8794", suffix: "t9gxd")),
        LabWorkload(
            "istio-egressgateway", in: "istio-system", kind: .gateway,
            labels: ["app": "istio-egressgateway", "istio": "egressgateway"], ip: "10.244.0.16",
            serviceAccount: "istio-egressgateway-service-account",
            template: Template(image: LabWorld.proxyImage, hash: "65bdddf685", suffix: "kv4rp")),
        virtualMachine,
        LabWorkload(
            "my-nginx", in: "mesh-external", kind: .none, labels: ["run": "my-nginx"], ip: "10.244.0.40",
            served: [443, 31_443].map { OutsideHost.Port(number: $0, transport: .mutualTLS, site: .nginx) },
            template: Template(image: "docker.io/library/nginx:1.27", hash: "6f5d8c9b74", suffix: "bk5lx")),
        plainSleep, nameServer, istiod,
    ]
}
