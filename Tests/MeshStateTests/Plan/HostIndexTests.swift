import Testing

@testable import MeshState

@Suite struct HostIndexTests {
    static let hosts = [
        "a.example.com", "b.example.com", "*.example.com", "*.b.example.com", "x.b.example.com", "*.com", "*",
        "*-cdn.example.com", "A.Example.com", "*.org", "example.com", "cdn.example.org", "com",
    ]

    /// Each host beside what a comparison with every other gives.
    @Test(arguments: hosts) func findsWhatSharesAName(_ host: String) {
        let others = Self.hosts.enumerated()
        let index = HostIndex(others.map { (host: $0.element, number: $0.offset) })
        #expect(index.overlapping(host) == others.filter { HostName.overlap($0.element, host) }.map(\.offset))
        let covering = others.filter { HostName.covers($0.element, host) }
        let closest = covering.max { one, other in
            (one.element == host || !one.element.hasPrefix("*") ? Int.max : one.element.count, -one.offset)
                < (
                    other.element == host || !other.element.hasPrefix("*") ? Int.max : other.element.count,
                    -other.offset
                )
        }
        #expect(index.closest(to: host) == closest?.offset)
    }

    @Test func nothingIsFoundInNothing() {
        let index = HostIndex([] as [(host: String, number: Int)])
        #expect(index.overlapping("*").isEmpty)
        #expect(index.closest(to: "a.example.com") == nil)
    }

    @Test func whatIsThereTwiceIsFoundOnce() {
        let index = HostIndex([(host: "a.b", number: 7), (host: "*.b", number: 7), (host: "a.b", number: 3)])
        #expect(index.overlapping("a.b") == [3, 7])
        #expect(index.closest(to: "a.b") == 3)
    }
}
