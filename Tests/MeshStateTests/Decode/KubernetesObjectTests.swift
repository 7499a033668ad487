import FoundationEssentials
import MeshState
import Testing

struct KubernetesObjectTests {
    @Test("a ServiceEntry of a real API server")
    func serviceEntry() throws {
        let object = try Fixture.json("apiserver/se-get-mysql.json")
        let entry = try ServiceEntry(object: object)
        #expect(entry.meta.name == "mysql-external")
        #expect(entry.meta.namespace == "default")
        #expect(entry.meta.resourceVersion == "251")
        #expect(entry.meta.labels == ["app": "mysql", "team": "payments"])
        #expect(entry.meta.creationTime == Date(rfc3339: "2026-11-21T11:09:56Z"))
        #expect(entry.hosts == ["mysql.example.com"])
        #expect(entry.addresses == ["203.0.113.10/32"])
        #expect(entry.ports == [ServicePort(number: 3306, name: "tcp-mysql", protocolText: "TCP")])
        #expect(entry.location == .external)
        #expect(entry.resolution == .static)
        #expect(entry.endpoints == [EntryEndpoint(address: "203.0.113.10", ports: ["tcp-mysql": 3306])])
        #expect(entry.object == object)
    }

    @Test("absent fields have Istio's defaults, and a manifest writes only what is set")
    func defaultsAndManifest() throws {
        let cnn = try ServiceEntry(object: Fixture.items("apiserver/se-list-all.json")[0])
        #expect(cnn.location == .external)
        #expect(cnn.resolution == .dns)
        #expect(cnn.selectorLabels == nil)
        var plain = ServiceEntry(meta: ObjectMeta(name: "cnn", namespace: "default"), hosts: cnn.hosts)
        plain.ports = cnn.ports
        plain.resolution = .dns
        let manifest = plain.manifest
        #expect(
            manifest.yamlText == """
                apiVersion: networking.istio.io/v1
                kind: ServiceEntry
                metadata:
                  name: cnn
                  namespace: default
                spec:
                  hosts:
                  - edition.cnn.com
                  location: MESH_EXTERNAL
                  ports:
                  - name: http-port
                    number: 80
                    protocol: HTTP
                  - name: https
                    number: 443
                    protocol: HTTPS
                  resolution: DNS

                """)
        var again = try ServiceEntry(object: manifest)
        again.object = .null
        #expect(again == plain)
    }

    @Test(
        "errors name the object, the field and what to do",
        arguments: [
            (
                #"{"metadata":{"name":"a","namespace":"n"},"spec":{"hosts":"x"}}"#,
                "ServiceEntry n/a: spec.hosts is not a list; correct it with `kubectl edit`"
            ),
            (
                #"{"metadata":{"name":"a"},"spec":{"resolution":"DNSS"}}"#,
                "ServiceEntry a: spec.resolution is \"DNSS\", which is unknown; write one of NONE, STATIC, DNS, "
                    + "DNS_ROUND_ROBIN, DYNAMIC_DNS"
            ),
            (
                #"{"metadata":{"name":"a"},"spec":{"ports":[{"number":"80"},{"number":"x"}]}}"#,
                "ServiceEntry a: spec.ports[1].number is not a whole number; correct it with `kubectl edit`"
            ),
            (#"{"metadata":{"name":"a"}}"#, "ServiceEntry a: spec is missing; correct it with `kubectl edit`"),
            (#"{"spec":{}}"#, "ServiceEntry without a name: metadata is missing; correct it with `kubectl edit`"),
            ("[]", "ServiceEntry without a name is not an object; correct it with `kubectl edit`"),
            (
                #"{"metadata":{"name":"a","labels":{"\u001b[31m":1}},"spec":{}}"#,
                "ServiceEntry a: metadata.labels.␛[31m is not a string; correct it with `kubectl edit`"
            ),
        ])
    func errors(_ json: String, _ expected: String) throws {
        let object = try JSONValue(parsing: json)
        let error = #expect(throws: DecodeError.self) { try ServiceEntry(object: object) }
        #expect(error?.description == expected)
    }

    @Test("services of a real API server, with the protocols that Istio takes from names")
    func services() throws {
        let services = try Fixture.items("apiserver/services-all.json").map { try Service(object: $0) }
        let gateway = try #require(services.first { $0.meta.name == "istio-ingressgateway" })
        #expect(gateway.clusterIP == "10.96.10.9")
        #expect(gateway.ports.map(\.parsedProtocol) == [.unset, .http2, .https])
        #expect(gateway.ports[1].targetPort == 8080)
        let reviews = try #require(services.first { $0.meta.name == "reviews" })
        #expect(reviews.host == "reviews.default.svc.cluster.local")
        #expect(reviews.selector == ["app": "reviews"])
    }

    @Test(
        "a service port's protocol",
        arguments: [
            ("http", nil, 80, PortProtocol.http), ("http-web", nil, 80, .http), ("HTTP2-x", nil, 80, .http2),
            ("grpc-web-x", nil, 80, .grpcWeb), ("mysql", nil, 3306, .mysql), ("db", nil, 3306, .tcp),
            ("db", nil, 5432, .unset), ("", nil, 80, .unset), ("http", "tcp", 80, .tcp),
            ("x", "kubernetes.io/h2c", 80, .http2), ("tls-x", nil, 443, .tls), ("mongo-x", nil, 1, .mongo),
        ] as [(String, String?, Int, PortProtocol)])
    func portProtocol(_ name: String, _ appProtocol: String?, _ number: Int, _ expected: PortProtocol) {
        #expect(PortProtocol(portName: name, appProtocol: appProtocol, number: number) == expected)
        #expect(PortProtocol(portName: name, appProtocol: appProtocol, transport: "UDP", number: number) == .udp)
    }

    @Test("endpoints and pods of a real API server")
    func endpointsAndPods() throws {
        let endpoints = try Fixture.items("apiserver/endpoints-default.json").map { try Endpoints(object: $0) }
        let reviews = try #require(endpoints.first { $0.meta.name == "reviews" })
        #expect(reviews.subsets.flatMap(\.ready).sorted() == ["10.244.0.21", "10.244.0.22", "10.244.0.23"])
        #expect(reviews.subsets.first?.ports == ["http": 9080])

        let pods = try Fixture.items("apiserver/pods-default.json").map { try Pod(object: $0) }
        #expect(pods.count == 7)
        #expect(pods.allSatisfy { $0.proxyKind == .sidecar && $0.isReady && $0.phase == "Running" })
        #expect(pods.first { $0.meta.name == "ratings-v2-mysql" }?.ip == "10.0.0.1")
    }

    @Test(
        "which proxy a pod has",
        arguments: [
            ("{containers: [{name: app}]}", "{}", "{}", Pod.ProxyKind.none),
            ("{containers: [{name: app}, {name: istio-proxy}]}", "{}", "{}", .sidecar),
            ("{containers: [{name: app}], initContainers: [{name: istio-proxy}]}", "{}", "{}", .sidecar),
            ("{containers: [{name: istio-proxy, args: [proxy, router]}]}", "{}", "{}", .gateway),
            ("{containers: [{name: istio-proxy}]}", "{istio: egressgateway}", "{}", .gateway),
            ("{containers: [{name: istio-proxy}]}", "{}", "{inject.istio.io/templates: gateway}", .gateway),
            ("{containers: [{name: app}]}", "{istio: egressgateway}", "{}", .none),
        ])
    func proxyKind(_ spec: String, _ labels: String, _ annotations: String, _ expected: Pod.ProxyKind) throws {
        let yaml = "metadata: {name: p, labels: \(labels), annotations: \(annotations)}\nspec: \(spec)"
        #expect(try Pod(object: YAMLText.parse(yaml)[0]).proxyKind == expected)
    }

    @Test(
        "the workload of a pod",
        arguments: [
            ("sleep-7d457d69b5-x2k9p", ["pod-template-hash": "7d457d69b5"], "sleep"),
            ("db-0", ["statefulset.kubernetes.io/pod-name": "db-0", "controller-revision-hash": "db-1"], "db"),
            ("node-agent-x2k9p", ["controller-revision-hash": "65f"], "node-agent"),
            ("import-x2k9p", ["job-name": "import"], "import"), ("ratings-v2-mysql", [:], "ratings-v2-mysql"),
        ])
    func workload(_ name: String, _ labels: [String: String], _ expected: String) {
        let meta = ObjectMeta(name: name, namespace: "default", labels: labels)
        #expect(Pod(meta: meta, ip: "", phase: "Running", isReady: true, proxyKind: .sidecar).workload == expected)
    }

    @Test("names with escape sequences arrive as visible characters, the object as it was")
    func hostileNames() throws {
        let object: JSONValue = [
            "metadata": ["name": "a\u{1B}[2Jb", "labels": ["k\u{7}": "v\u{202E}"]], "spec": ["hosts": ["x\u{9B}31m"]],
        ]
        let entry = try ServiceEntry(object: object)
        #expect(entry.meta.name == "a␛[2Jb")
        #expect(entry.meta.labels == ["k␇": "v\\u{202e}"])
        #expect(entry.hosts == ["x\\u{9b}31m"])
        #expect(entry.object == object)
    }
}
