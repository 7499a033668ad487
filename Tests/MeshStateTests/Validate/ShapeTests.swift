import MeshState
import Testing

@testable import MeshState

struct ShapeTests {
    private static func problems(_ yaml: String) throws -> [Problem] {
        ObjectRules.problems(in: try #require(YAMLText.parse(yaml).first))
    }

    @Test("fields of another type are refused in the API's words, and nothing else is said")
    func types() throws {
        let problems = try Self.problems(
            "{kind: ServiceEntry, metadata: {name: x}, spec: {hosts: a.b, ports: [{number: '80', name: 1}, 7]}}")
        #expect(
            problems.map { "\($0.path): \($0.message)" } == [
                "spec.hosts: Invalid value: \"string\": spec.hosts in body must be of type array: \"string\"",
                "spec.ports[0].name: Invalid value: \"integer\": spec.ports[0].name in body must be of type string: "
                    + "\"integer\"",
                "spec.ports[0].number: Invalid value: \"string\": spec.ports[0].number in body must be of type integer: "
                    + "\"string\"",
                "spec.ports[1]: Invalid value: \"integer\": spec.ports[1] in body must be of type object: \"integer\"",
            ])
        #expect(problems.allSatisfy { $0.cause == .typeInvalid && $0.layer == .schema })
    }

    @Test("unknown fields are warnings, wherever they stand")
    func unknownFields() throws {
        let problems = try Self.problems(
            """
            {kind: Gateway, metadata: {name: x}, specs: {},
            spec: {servers: [{port: {number: 80, name: h, protocol: HTTP, nr: 1}, hosts: [a.b], tls: {modus: SIMPLE}}]}}
            """)
        #expect(problems.map(\.path) == ["specs", "spec.servers[0].port.nr", "spec.servers[0].tls.modus"])
        #expect(problems.allSatisfy { $0.severity == .warning && $0.message.hasPrefix("unknown field \"") })
    }

    @Test("an IPv6 address that YAML takes for an object is told of")
    func unquotedAddress() throws {
        let problems = try Self.problems(
            "kind: ServiceEntry\nmetadata: {name: x}\nspec:\n  hosts: [a.b]\n  addresses:\n  - 2001:db8::\n")
        #expect(problems.map(\.path) == ["spec.addresses[0]"])
        #expect(problems.first?.message.hasSuffix("write it in quotes") == true)
    }

    @Test(
        "durations as Go writes them",
        arguments: [
            ("1s", 1_000_000_000), ("1.5ms", 1_500_000), ("-2h45m", -9_900_000_000_000), ("0", 0), ("10us", 10_000),
            ("0.1s", 100_000_000), (".5s", 500_000_000), ("", nil), ("1", nil), ("s", nil), ("1d", nil), ("1s ", nil),
            ("1.2.3s", nil), ("999999999h", nil), ("+-1s", nil),
        ])
    func durations(_ text: String, _ expected: Int64?) { #expect(GoDuration.nanoseconds(text) == expected) }

    @Test(
        "regular expressions that RE2 takes",
        arguments: [
            "", "a", "^/api/v[0-9]+(/.*)?$", "(?i)abc", "(?i:abc)", "(?P<name>a)", "(?<name>a)", "[]a]", "[^]a]",
            "[a-]",
            "[[:alpha:]x]", #"\d+\.\w{2,3}"#, "a{", "a{2", "a{,2}", "a{1000}", "a*?", "a??", #"\Q(((\E"#, #"[\d\]]"#,
            #"\x41\x{1F600}"#, #"\pL\p{Greek}"#, "a|b|", "(a|)", "^*", #"\12"#, "日本+",
        ])
    func expressions(_ text: String) { #expect(RE2Syntax.error(in: text) == nil) }

    @Test(
        "regular expressions that RE2 refuses",
        arguments: [
            ("(a", "missing closing )"), ("a)", "unexpected )"), ("[a", "missing closing ]"),
            ("[", "missing closing ]"),
            ("*a", "missing argument to repetition operator"), ("(+)", "missing argument to repetition operator"),
            ("a|*", "missing argument to repetition operator"), ("a**", "invalid nested repetition operator"),
            ("a{2}{3}", "invalid nested repetition operator"), ("a{1001}", "invalid repeat count"),
            ("a{3,2}", "invalid repeat count"), ("(?=a)", "invalid or unsupported Perl syntax"),
            ("(?!a)", "invalid or unsupported Perl syntax"), ("(?<=a)b", "invalid named capture"),
            (#"(a)\1"#, "invalid escape sequence"), (#"\y"#, "invalid escape sequence"),
            (#"\xZZ"#, "invalid escape sequence"),
            ("a\\", "trailing backslash"), ("[z-a]", "invalid character class range"), ("(?", "invalid or unsupported"),
            (String(repeating: "a", count: 1025), "max length allowed is 1024"),
        ])
    func refusedExpressions(_ text: String, _ reason: String) {
        #expect(RE2Syntax.error(in: text)?.contains(reason) == true, "\(RE2Syntax.error(in: text) ?? "nothing")")
    }

    @Test("which hosts cover which")
    func hosts() {
        let set = HostSet(["a.b", "*.c.d", "*le.com"])
        for host in ["a.b", "x.c.d", "*.x.c.d", "*.c.d", "example.com"] { #expect(set.covers(host), "\(host)") }
        for host in ["", "b", "x.a.b", "c.d", "*.d", "*", "*.b", "e.com"] { #expect(!set.covers(host), "\(host)") }
        #expect(HostSet(["*"]).covers("*.x") && HostSet(["*"]).covers("x"))
    }
}
