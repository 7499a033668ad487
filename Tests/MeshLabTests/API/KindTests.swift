import Foundation
import MeshState
import Testing

@testable import MeshLab

/// An unmodified kubectl works with every kind that the API serves beside ServiceEntry.
@Suite struct KindTests {
    /// One object of each kind, with fields that the documents use, and the row in which kubectl shows it.
    static let samples: [(yaml: String, short: String, header: [String], cells: [String])] = [
        (
            """
            kind: VirtualService
            spec:
              hosts: [edition.cnn.com]
              gateways: [istio-egressgateway, mesh]
              exportTo: ["."]
              http:
              - match:
                - {gateways: [mesh], port: 80, uri: {prefix: /politics}, sourceLabels: {app: sleep}}
                route:
                - destination: {host: egress.istio-system.svc.cluster.local, subset: cnn, port: {number: 80}}
                  weight: 100
                timeout: 3s
                retries: {attempts: 2, perTryTimeout: 1s, retryOn: 5xx}
                fault: {abort: {httpStatus: 500, percentage: {value: 0.5}}}
                headers: {request: {add: {handled-by-egress-gateway: "true"}}}
              tls:
              - match: [{port: 443, sniHosts: [edition.cnn.com]}]
                route: [{destination: {host: edition.cnn.com, port: {number: 443}}}]
              tcp:
              - match: [{destinationSubnets: [10.0.0.0/8], port: 3306}]
                route: [{destination: {host: mysql}}]
            """, "vs", ["NAME", "GATEWAYS", "HOSTS", "AGE"],
            ["sample", #"["istio-egressgateway","mesh"]"#, #"["edition.cnn.com"]"#]
        ),
        (
            """
            kind: DestinationRule
            spec:
              host: edition.cnn.com
              trafficPolicy:
                loadBalancer: {simple: ROUND_ROBIN}
                portLevelSettings:
                - port: {number: 443}
                  tls: {mode: SIMPLE, sni: edition.cnn.com}
              subsets:
              - name: cnn
                labels: {version: v1}
                trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}
            """, "dr", ["NAME", "HOST", "AGE"], ["sample", "edition.cnn.com"]
        ),
        (
            """
            kind: Gateway
            spec:
              selector: {istio: egressgateway}
              servers:
              - port: {number: 443, name: tls, protocol: TLS}
                hosts: [edition.cnn.com]
                tls: {mode: PASSTHROUGH}
            """, "gw", ["NAME", "AGE"], ["sample"]
        ),
        (
            """
            kind: Sidecar
            spec:
              workloadSelector: {labels: {app: sleep}}
              egress:
              - hosts: ["./*", "istio-system/*"]
              outboundTrafficPolicy: {mode: REGISTRY_ONLY}
            """, "sidecar", ["NAME", "AGE"], ["sample"]
        ),
        (
            """
            kind: WorkloadEntry
            spec: {address: 10.150.0.5, labels: {app: mysql}, ports: {mysql: 3306}, serviceAccount: sa, weight: 2}
            """, "we", ["NAME", "AGE", "ADDRESS"], ["sample"]
        ),
        (
            """
            kind: WorkloadGroup
            spec:
              metadata: {labels: {app: mysql}, annotations: {team: data}}
              template: {serviceAccount: sa, ports: {mysql: 3306}}
              probe: {periodSeconds: 5, tcpSocket: {port: 3306}}
            """, "wg", ["NAME", "AGE"], ["sample"]
        ),
    ]

    private static func manifest(version: String = "v1") -> String {
        samples.map { sample in
            sample.yaml.replacing(
                "\nspec:", with: "\napiVersion: networking.istio.io/\(version)\nmetadata: {name: sample}\nspec:")
        }.joined(separator: "\n---\n")
    }

    /// The samples as the API keeps them.
    static var objects: [JSONValue] {
        get throws { try YAMLText.parse(manifest()) }
    }

    @Test func appliesShowsAndDeletesIstiosKinds() async throws {
        try await TestAPI.run { api in
            let created = try await api.kubectl("apply", "-f", "-", input: Self.manifest())
            #expect(created.out.split(separator: "\n").count == Self.samples.count, "\(created.err)")
            #expect(created.err == "")
            let again = try await api.kubectl("apply", "-f", "-", input: Self.manifest())
            #expect(again.out.split(separator: "\n").allSatisfy { $0.hasSuffix(" unchanged") }, "\(again)")
            let older = try await api.kubectl("apply", "-f", "-", input: Self.manifest(version: "v1alpha3"))
            #expect(older.out.split(separator: "\n").allSatisfy { $0.hasSuffix(" configured") }, "\(older)")
            let applied = try await api.kubectl("apply", "--server-side", "-f", "-", input: Self.manifest())
            #expect(applied.out.split(separator: "\n").allSatisfy { $0.hasSuffix(" serverside-applied") }, "\(applied)")

            for sample in Self.samples {
                let table = try await api.kubectl("get", sample.short)
                let lines = table.out.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
                #expect(lines.first == sample.header, "\(table.err)")
                #expect(lines.last.map { Array($0.prefix(sample.cells.count)) } == sample.cells)
            }
            let address = try await api.kubectl("get", "we", "--no-headers")
            #expect(address.out.hasSuffix(" 10.150.0.5\n"))
            let described = try await api.kubectl("describe", "vs,dr,gw,sidecar,we,wg")
            #expect(described.out.contains("Handled - By - Egress - Gateway:  true"), "\(described.err)")

            let deleted = try await api.kubectl("delete", "-f", "-", input: Self.manifest())
            #expect(deleted.out.split(separator: "\n").count == Self.samples.count, "\(deleted.err)")
        }
    }

    @Test func discoversExplainsAndEdits() async throws {
        try await TestAPI.run { api in
            let resources = try await api.kubectl("api-resources", "--no-headers")
            let rows = resources.out.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            for (plural, short, kind) in [
                ("virtualservices", "vs", "VirtualService"), ("destinationrules", "dr", "DestinationRule"),
                ("gateways", "gw", "Gateway"), ("serviceentries", "se", "ServiceEntry"),
                ("workloadentries", "we", "WorkloadEntry"), ("workloadgroups", "wg", "WorkloadGroup"),
            ] {
                #expect(rows.contains([plural, short, "networking.istio.io/v1", "true", kind]), "\(resources.out)")
            }
            #expect(rows.contains(["sidecars", "networking.istio.io/v1", "true", "Sidecar"]))
            #expect(rows.contains(["configmaps", "cm", "v1", "true", "ConfigMap"]))
            #expect(rows.contains(["secrets", "v1", "true", "Secret"]))

            let mode = try await api.kubectl("explain", "dr.spec.trafficPolicy.portLevelSettings.tls.mode")
            #expect(mode.out.contains("ENUM:") && mode.out.contains("ISTIO_MUTUAL"), "\(mode.out)\(mode.err)")
            let server = try await api.kubectl("explain", "gw.spec.servers")
            #expect(server.out.contains("hosts\t<[]string> -required-"), "\(server.out)\(server.err)")
            let match = try await api.kubectl(
                "explain", "vs.spec.http.match", "--api-version", "networking.istio.io/v1alpha3")
            #expect(match.out.contains("sourceLabels\t<map[string]string>"), "\(match.out)\(match.err)")
            #expect(try await api.kubectl("explain", "se.status.addresses").out.contains("value\t<string>"))

            try await api.kubectl("apply", "-f", "-", input: Self.manifest())
            let edited = try await api.kubectl(
                "edit", "vs", "sample", environment: ["KUBE_EDITOR": "sed -i s/timeout:.*/timeout:\\ 5s/"])
            #expect(edited.out.contains("edited"), "\(edited.err)")
            let patched = try await api.kubectl(
                "patch", "gw", "sample", "--type", "merge", "-p", #"{"spec":{"selector":{"istio":"other"}}}"#)
            #expect(patched.isSuccess, "\(patched.err)")
            let service = await api.store.get(.virtualServices, namespace: "default", name: "sample")
            #expect(service?["spec"]?["http"]?[0]?["timeout"] == "5s")
            #expect(service?["metadata"]?["generation"] == 2)
            try await api.following("get dr -w") { file in
                try await eventually("the first row") { text(of: file).contains("sample ") }
                _ = try await api.kubectl("label", "dr", "sample", "a=b")
                try await eventually("the changed row") { text(of: file).split(separator: "\n").count == 3 }
            }
        }
    }

    @Test func describesEveryField() {
        func paths(_ schema: Schema, _ path: String) -> [String] {
            switch schema.resolved.shape {
            case .object(let members, _, _): members.flatMap { ["\(path).\($0)"] + paths($1, "\(path).\($0)") }
            case .list(let element, _), .map(let element): paths(element, path)
            default: []
            }
        }
        var used: Set<String> = []
        for resource in Resource.allCases where resource.isCustom {
            let spec = resource.schema.member("spec")
            for path in (spec.map { paths($0, "\(resource.kind).spec") } ?? []) + [resource.kind] {
                let key = FieldDescriptions.key(of: path)
                #expect(key != nil, "\(path) has no description")
                used.formUnion(key.map { [$0] } ?? [])
            }
        }
        #expect(Set(FieldDescriptions.table.keys).subtracting(used).sorted() == [])
    }

    @Test func keepsConfigMapsAndSecrets() async throws {
        try await TestAPI.run { api in
            let folder = api.directory
            try "certificate".write(to: folder.appending(path: "a.crt"), atomically: true, encoding: .utf8)
            let pair = try await Certificate.shared.value
            try pair.certificate.write(to: folder.appending(path: "tls.crt"), atomically: true, encoding: .utf8)
            try pair.key.write(to: folder.appending(path: "tls.key"), atomically: true, encoding: .utf8)
            let tls = try await api.kubectl(
                "create", "secret", "tls", "nginx-certs", "--cert", folder.appending(path: "tls.crt").path, "--key",
                folder.appending(path: "tls.key").path)
            #expect(tls.out == "secret/nginx-certs created\n", "\(tls.err)")
            let generic = try await api.kubectl(
                "create", "secret", "generic", "ca", "--from-file", folder.appending(path: "a.crt").path,
                "--from-literal", "word=x")
            #expect(generic.out == "secret/ca created\n", "\(generic.err)")
            let map = try await api.kubectl(
                "create", "configmap", "nginx", "--from-literal", "nginx.conf=events {}", "--from-literal", "b=c")
            #expect(map.out == "configmap/nginx created\n", "\(map.err)")

            let secrets = try await api.kubectl("get", "secrets")
            let rows = secrets.out.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            #expect(rows[0] == ["NAME", "TYPE", "DATA", "AGE"], "\(secrets.err)")
            #expect(rows[1].prefix(3) == ["ca", "Opaque", "2"])
            #expect(rows[2].prefix(3) == ["nginx-certs", "kubernetes.io/tls", "2"])
            let secret = await api.store.get(.secrets, namespace: "default", name: "ca")
            #expect(secret?["data"]?["word"] == "eA==")
            let value = try await api.kubectl("get", "secret", "nginx-certs", "-o", #"jsonpath={.data.tls\.key}"#)
            #expect(Data(base64Encoded: value.out) == Data(pair.key.utf8))
            #expect(try await api.kubectl("get", "cm", "nginx", "--no-headers").out.hasPrefix("nginx   2 "))
            let described = try await api.kubectl("describe", "cm,secret")
            #expect(described.out.contains("events {}") && described.out.contains("tls.crt:  "), "\(described)")
            #expect(described.err == "")
            let others = try await api.kubectl("describe", "svc,pod,ep")
            #expect(others.out.contains("10.96.0.3") && others.out.contains("sleep-1"), "\(others)")
            #expect(others.err == "")

            let texts = """
                {"apiVersion":"v1","kind":"Secret","metadata":{"name":"texts"},"stringData":{"user":"admin"}}
                """
            #expect(try await api.kubectl("apply", "-f", "-", input: texts).isSuccess)
            let stored = await api.store.get(.secrets, namespace: "default", name: "texts")
            #expect(stored?["data"] == ["user": "YWRtaW4="] && stored?["stringData"] == JSONValue?.none)
            #expect(stored?["type"] == "Opaque")
            let replaced = try await api.kubectl(
                "replace", "-f", "-", input: texts.replacing(#""stringData""#, with: #""type":"x","stringData""#))
            #expect(replaced.err.contains("field is immutable"), "\(replaced)")
        }
    }
}
