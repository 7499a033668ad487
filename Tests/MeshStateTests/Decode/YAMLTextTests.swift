import MeshState
import Testing

struct YAMLTextTests {
    @Test(
        "plain words have the types that kubectl gives them",
        arguments: [
            ("1", 1), ("-1", -1), ("0x10", 16), ("010", 8), ("1.5", .number(1.5)), ("1e3", .number(1000)),
            ("true", true),
            ("yes", true), ("off", false), ("~", .null), ("'1'", "1"), ("\"true\"", "true"), ("1.2.3.4", "1.2.3.4"),
            ("!!str 1", "1"), ("203.0.113.10/32", "203.0.113.10/32"), ("1.", .number(1)), (".inf", ".inf"),
            ("2026-11-21", "2026-11-21"), ("9223372036854775808", .number(9_223_372_036_854_775_808)),
            ("1_000", "1_000"),
            ("+-1", "+-1"), ("0.0.0.0", "0.0.0.0"), ("e3", "e3"),
        ] as [(String, JSONValue)])
    func scalars(_ text: String, _ expected: JSONValue) throws {
        #expect(try YAMLText.parse("a: \(text)") == [["a": expected]])
    }

    @Test("documents, anchors and merge keys")
    func structure() throws {
        let text = """
            # first
            a: &base {x: 1, y: 2}
            b:
              <<: *base
              y: 3
            ---
            ---
            - 1
            - [2, {k: v}]
            """
        #expect(
            try YAMLText.parse(text)
                == [["a": ["x": 1, "y": 2], "b": ["x": 1, "y": 3]], [1, [2, ["k": "v"]]]])
        #expect(try YAMLText.parse("") == [])
    }

    @Test(
        "errors tell the line",
        arguments: [
            ("a: 1\nb: [", 2...3), ("a: 1\n\tb: 2", 2...2), ("a: 1\na: 2", 1...2), ("a: *x", 1...1),
            ("? [a]\n: 1", 1...1),
        ])
    func errors(_ text: String, _ lines: ClosedRange<Int>) throws {
        let error = #expect(throws: YAMLSyntaxError.self) { try YAMLText.parse(text) }
        let line = try #require(error?.line)
        #expect(lines.contains(line), "\(String(describing: error))")
        #expect(error?.description.hasPrefix("line ") == true)
    }

    @Test(
        "texts with aliases that are none are read as they are",
        arguments: [
            ("a: &x 1\nb: *x", ["a": 1, "b": 1]), ("a: &x 1\nb: [*x, *x]", ["a": 1, "b": [1, 1]]),
            ("a: &x 1\nb: {c: *x}", ["a": 1, "b": ["c": 1]]),
            ("a: &x {y: 1}\nb: {<<: *x}", ["a": ["y": 1], "b": ["y": 1]]),
            ("a: x & y\nb: '*.example.com'", ["a": "x & y", "b": "*.example.com"]),
            ("a: \"x & y, *\"\nb: |\n  ? *x : y\n  - *z", ["a": "x & y, *", "b": "? *x : y\n- *z"]),
            ("a: &x 1\nb: two *words\nc: [http-*x]", ["a": 1, "b": "two *words", "c": ["http-*x"]]),
        ] as [(String, JSONValue)])
    func aliases(_ text: String, _ expected: JSONValue) throws { #expect(try YAMLText.parse(text) == [expected]) }

    @Test("a document that aliases blow up is refused")
    func bomb() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...8 {
            let alias = "*a\(level - 1)"
            text += "a\(level): &a\(level) [\(Array(repeating: alias, count: 10).joined(separator: ", "))]\n"
        }
        let error = #expect(throws: YAMLSyntaxError.self) { try YAMLText.parse(text) }
        #expect(error?.reason.contains("more than") == true)
    }

    @Test("what is written is read back the same")
    func roundTrip() throws {
        let value: JSONValue = [
            "strings": [
                "", "true", "1", "0x1", "1e3", "~", "null", "yes", "y", "- x", "a: b", "#x", "a #b", " lead", "trail ",
                "multi\nline\n", "multi\n  deep", "tab\there", "\u{1B}[31m", "*", "&a", "!t", "%", "@", "`", "'", "\"",
                "{",
                "2026-11-21T11:09:56Z", "1_000", "日本", "a\u{202E}b", "1.28.0", "\r\n", "---", "x: |", "\n", "=", "<<",
            ],
            "empty": [:], "list": [], "nothing": .null, "number": .number(1.5), "whole": -3, "yes": false, "1": "key",
            "deep": ["a": [["b": [1, 2]], []]],
        ]
        #expect(try YAMLText.parse(value.yamlText) == [value])
    }

    @Test("the form is kubectl's")
    func form() throws {
        var object = try Fixture.json("apiserver/se-get-mysql.json").withoutManagedFields
        #expect(object["metadata"]?["managedFields"] == nil)
        object["metadata"]?["annotations"]?["kubectl.kubernetes.io/last-applied-configuration"] = "{\"a\":1}\n"
        #expect(
            object.yamlText == """
                apiVersion: networking.istio.io/v1beta1
                kind: ServiceEntry
                metadata:
                  annotations:
                    example.com/note: external mysql
                    kubectl.kubernetes.io/last-applied-configuration: |
                      {"a":1}
                  creationTimestamp: "2026-11-21T11:09:56Z"
                  generation: 1
                  labels:
                    app: mysql
                    team: payments
                  name: mysql-external
                  namespace: default
                  resourceVersion: "251"
                  uid: be97cabc-a728-4128-83ab-1cd8f50ac37a
                spec:
                  addresses:
                  - 203.0.113.10/32
                  endpoints:
                  - address: 203.0.113.10
                    ports:
                      tcp-mysql: 3306
                  hosts:
                  - mysql.example.com
                  location: MESH_EXTERNAL
                  ports:
                  - name: tcp-mysql
                    number: 3306
                    protocol: TCP
                  resolution: STATIC

                """)
    }
}
