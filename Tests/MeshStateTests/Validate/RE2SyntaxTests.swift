import MeshState
import Testing

@Suite struct RE2SyntaxTests {
    @Test(arguments: [
        "", "a", "a|b|", "(a|b)*c+?d??", "^/[0-9]+$", "a{2}", "a{2,}", "a{2,5}?", "{", "a{", "a{,2}", "a{2", "{}",
        "[^]a]", "[a-z-]", "[]-a]", "[[:^alpha:][:digit:]]", "[[:a]", "[\\d\\-]", "\\.\\/\\-", "\\d\\D\\s\\S\\w\\W",
        "\\bword\\B", "\\Aa\\z", "\\x41\\x{1F600}", "\\012\\0", "\\Qa.b*", "\\Qa\\E+", "(?:a)", "(?i)a", "(?i-s:a)",
        "(?P<name>a)", "(?<name>a)", "\\pL\\P{Greek}\\p{^Lu}", "ü+", "(a{10}){100}", ".*", "$^*",
    ])
    func isAnExpression(_ pattern: String) { #expect(RE2Syntax.isValid(pattern)) }

    @Test(arguments: [
        "*", "a|*", "(*a)", "a**", "a*+", "a{2}{3}", "a{2}*", "(", ")", "a)", "(a", "[", "[]", "[z-a]",
        "[\\d-z]x[a-\\d]",
        "\\", "\\1", "\\8", "\\y", "\\é", "(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(?>a)", "(?P=n)", "(?P<a", "(?#c)",
        "(?-)",
        "a{1001}", "a{3,2}", "(a{100}){11}", "[[:alphabet:]]", "\\p{Klingon}", "\\pX", "\\xZ", "\\x{}", "\\x{1234567}",
        "(\\pL{10}){90}", "[\\b]", "(?i)*",
    ])
    func isNone(_ pattern: String) { #expect(!RE2Syntax.isValid(pattern)) }

    @Test func whatIsDeepOrLongIsRefused() {
        #expect(!RE2Syntax.isValid(String(repeating: "(", count: 300) + String(repeating: ")", count: 300)))
        #expect(!RE2Syntax.isValid(String(repeating: "a", count: 5000)))
    }
}
