import MeshState
import Testing

struct ManifestCheckTests {
    private static func lines(_ text: String, _ version: IstioVersion = .current) -> [String] {
        ManifestCheck.check(text, version: version).findings.map { "\($0.line) \($0.path)" }
    }

    @Test("findings stand on the line of the field, or of what it is missing in")
    func fieldLines() {
        let text = """
            # a comment
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata:
              name: x
              labels: {app: x}
            spec:
              hosts:
              - a.b
              - c_d.e

              ports:
              - number: 80
                name: http
              - name: tcp
                number: 81
                protocol: SPDY
              resolution: STATIC
              endpoints:
              - {address: 1.2.3.4, ports: {http: 1}}
              - address: 5.6.7.8
                ports:
                  http: 80
                  "x[y].z": 81
            """
        #expect(
            Self.lines(text, IstioVersion(1, 12)) == [
                "9 spec.hosts", "10 spec.hosts[1]", "17 spec.ports[1].protocol",
                "24 spec.endpoints[1].ports[x[y].z]", "24 spec.endpoints[1].ports[x[y].z]",
            ])
        #expect(Self.lines(text, IstioVersion(1, 2)).contains("13 spec.ports[0].protocol"))
        #expect(
            Self.lines("apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata:\n  name: x\n") == ["1 spec"])
    }

    @Test("documents, lists and what is no object")
    func documents() {
        let text = """
            apiVersion: v1
            kind: Service
            metadata: {name: s}
            ---
            --- # empty
            ---
            apiVersion: v1
            kind: List
            items:
            - apiVersion: networking.istio.io/v1
              kind: Gateway
              metadata: {name: g, namespace: n}
              spec: {servers: []}
            - apiVersion: networking.istio.io/v1
              kind: ServiceEntryList
              items:
              - {apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: e}, spec: {hosts: ['*']}}
            ---
            a: [
            ---
            - 1
            ---
            hosts: [a]
            --- {kind: ServiceEntry, apiVersion: networking.istio.io/v1, metadata: {name: A_b}, spec: {hosts: [a.b]}}
            """
        let report = ManifestCheck.check(text)
        #expect(report.objects == 6)
        #expect(
            report.findings.map { "\($0.line) \($0.kind) \($0.namespace)/\($0.name) \($0.path)" } == [
                "13 Gateway n/g spec.servers", "17 ServiceEntry /e spec.hosts[0]", "20  / ", "21  / ",
                "23  / apiVersion", "23  / kind", "24 ServiceEntry /A_b metadata.name",
            ])
        #expect(report.findings.allSatisfy { $0.severity == .error })
        #expect(report.findings[2].message.hasPrefix("not YAML: "))
    }

    @Test("JSON is read with its lines")
    func json() {
        let text = """
            {
            \t"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "v"},
            \t"spec": {
            \t\t"hosts": ["a.b"],
            \t\t"http": [{"match": [{"headers": {"a b": {"exact": "x"}}}],
            \t\t\t"route": [{"destination": {"host": "*"}}]}]
            \t}
            }
            """
        #expect(
            Self.lines(text) == [
                "5 spec.http[0].match[0].headers[a b]", "6 spec.http[0].route[0].destination.host",
            ])
    }

    @Test("anchors and merge keys have the lines of what they stand for")
    func anchors() {
        let text = """
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: x}
            spec:
              hosts: [a.b]
              ports:
              - &p
                number: 80
                name: n_n
                protocol: HTTP
              - <<: *p
                number: 81
                name: ok
            """
        #expect(Self.lines(text) == ["9 spec.ports[0].name"])
    }

    @Test(
        "broken texts are findings",
        arguments: [
            "\t", "a: b: c", "{", "a: *x", "\u{0}", "? [a]\n: b", "- - - -\n\t-", "%YAML 9.9\n---\na", "\"\\ud800\"",
        ])
    func broken(_ text: String) {
        let findings = ManifestCheck.check(text).findings
        #expect(!findings.isEmpty && findings.allSatisfy { $0.severity == .error && $0.line >= 1 })
    }

    @Test("nested too deeply, or blown up by aliases, is refused quickly")
    func hostile() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(ManifestCheck.check("a: \(deep)").findings.count == 1)
        #expect(ManifestCheck.check("a: " + String(repeating: "{a: ", count: 100_000)).findings.count == 1)
        #expect(!ManifestCheck.check(String(repeating: "- ", count: 100_000)).findings.isEmpty)
        #expect(ManifestCheck.check(String(repeating: "---\n", count: 10_000)).findings.isEmpty)
        let doubling =
            "a0: &a0 [x, x]\n" + (1..<64).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n" }.joined()
        for key in ["? [*a63]\n: b", "? *a63\n: b", "*a63 : b", "k: {*a63 : b}", "k: {[*a63]: b}", "- ? {a: *a63}"] {
            let finding = ManifestCheck.check("\(doubling)\(key)\n").findings
            #expect(finding.count == 1 && finding[0].severity == .error, "\(key)")
        }
        let wide = (0..<50_000).map { "- h\($0).com" }.joined(separator: "\n")
        #expect(
            ManifestCheck.check(
                "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: x}\nspec:\n  hosts:\n"
                    + wide.split(separator: "\n").map { "  \($0)\n" }.joined()
            ).findings.map(\.message).last == "Too many: 50000: must have at most 256 items")
    }
}
