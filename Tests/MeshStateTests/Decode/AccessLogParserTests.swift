import FoundationEssentials
import MeshState
import Testing

@testable import MeshState

struct AccessLogParserTests {
    @Test("an HTTP line of the current format")
    func http() throws {
        let line = try #require(
            Fixture.lines("envoy/access-text-upstreams-down.log").first { $0.contains("/politics") })
        #expect(
            AccessLogParser.record(line)
                == AccessLogRecord(
                    start: .at("11:24:59.233"), method: "GET", path: "/politics", httpProtocol: "HTTP/1.1",
                    responseCode: 503, flags: ["URX", "UF"],
                    details:
                        "upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}",
                    bytesReceived: 0, bytesSent: 121, duration: 51, authority: "edition.cnn.com",
                    upstreamHost: "203.0.113.80:80", upstreamCluster: "outbound|80||edition.cnn.com",
                    downstreamLocal: "203.0.113.80:80", downstreamRemote: "203.0.113.80:54510", routeName: "default"))
    }

    @Test("a TCP line of the current format")
    func tcp() throws {
        let line = try #require(Fixture.lines("envoy/access-text-allowany.log").first { $0.contains(":443") })
        #expect(
            AccessLogParser.record(line)
                == AccessLogRecord(
                    start: .at("11:25:17.554"), bytesReceived: 722, bytesSent: 2205, duration: 45,
                    upstreamHost: "203.0.113.80:443", upstreamCluster: "outbound|443||edition.cnn.com",
                    downstreamLocal: "203.0.113.80:443", downstreamRemote: "203.0.113.80:48968",
                    serverName: "edition.cnn.com"))
    }

    @Test("text and JSON of the same traffic give the same records")
    func textAndJSON() throws {
        let text = try Fixture.lines("envoy/access-text-sidecar.log").compactMap(AccessLogParser.record)
        let json = try Fixture.lines("envoy/access-json-sidecar.log").compactMap(AccessLogParser.record)
        for path in ["/x", "/fail", "/productpage"] {
            let one = try #require(text.first { $0.path == path })
            var other = try #require(json.first { $0.path == path })
            other.start = one.start
            other.duration = one.duration
            other.downstreamRemote = one.downstreamRemote
            #expect(one == other)
        }
        let black = try #require(json.first { $0.upstreamCluster == "BlackHoleCluster" })
        #expect(black.flags == ["UH"] && black.method == nil && black.downstreamLocal == "198.51.100.7:25")
    }

    @Test(
        "every line of a log is read, and none of Envoy's own",
        arguments: [
            ("access-text-sidecar", 4), ("access-text-gateway", 5), ("access-text-allowany", 0),
            ("access-text-upstreams-down", 0), ("access-json-sidecar", 0), ("access-json-gateway", 0),
            ("access-text-mixed", 0),
        ])
    func allLines(_ file: String, _ others: Int) throws {
        let lines = try Fixture.lines("envoy/\(file).log")
        let unread = lines.filter { AccessLogParser.record($0) == nil }
        // A log that was cut off begins and may end inside a line.
        #expect(unread.count >= others && unread.count <= others + 1, "\(unread)")
        #expect(unread.allSatisfy { !$0.hasPrefix("[2026-11-21T") || $0 == lines.last })
    }

    @Test(
        "the formats of every release",
        arguments: [
            // 0.8 and 1.0.0: Envoy's own.
            (
                "[2018-06-01T10:00:00.000Z] \"GET /a HTTP/1.1\" 404 NR 0 1 2 - \"-\" \"curl\" \"id\" \"a.b\" \"-\"",
                404, "NR", nil, nil, nil
            ),
            // 1.0.6: no space before the protocol, and a line of its own for TCP.
            (
                "[2019-02-01T10:00:00.000Z] \"GET /aHTTP/1.1\" 200 - 0 1 2 1 \"-\" \"curl\" \"id\" \"a.b\" \"1.2.3.4:80\" "
                    + "outbound|80||a.b - 5.6.7.8:80 10.0.0.1:1", 200, "-", "5.6.7.8:80", nil, nil
            ),
            // 1.1: Mixer's status, server name.
            (
                "[2019-06-01T10:00:00.000Z] \"GET /a HTTP/1.1\" 200 - \"-\" 0 1 2 1 \"-\" \"curl\" \"id\" \"a.b\" "
                    + "\"1.2.3.4:80\" outbound|80||a.b - 5.6.7.8:80 10.0.0.1:1 -", 200, "-", "5.6.7.8:80", nil, nil
            ),
            // 1.2: a failure of the transport.
            (
                "[2019-08-01T10:00:00.000Z] \"GET /a HTTP/1.1\" 200 - \"-\" \"-\" 0 1 2 1 \"-\" \"curl\" \"id\" \"a.b\" "
                    + "\"1.2.3.4:80\" outbound|80||a.b - 5.6.7.8:80 10.0.0.1:1 sni.b", 200, "-", "5.6.7.8:80", "sni.b",
                nil
            ),
            // 1.3 to 1.7: the route.
            (
                "[2020-01-01T10:00:00.000Z] \"GET /a HTTP/1.1\" 502 - \"-\" \"-\" 0 1 2 - \"-\" \"curl\" \"id\" \"a.b\" "
                    + "\"-\" - - 5.6.7.8:80 10.0.0.1:1 - block_all", 502, "-", "5.6.7.8:80", nil, "block_all"
            ),
            // 1.8.
            (
                "[2020-12-01T10:00:00.000Z] \"GET /a HTTP/1.1\" 503 UF,URX \"tls error\" 0 1 2 - \"-\" \"c u r l\" \"id\" "
                    + "\"a.b\" \"-\" - - 5.6.7.8:80 10.0.0.1:1 - r", 503, "UF,URX", "5.6.7.8:80", nil, "r"
            ),
            // 1.9 and later.
            (
                "[2021-12-01T10:00:00.000Z] \"GET /a HTTP/2\" 502 - direct_response - \"-\" 0 1 2 - \"-\" \"a \\\"b\\\" c\" "
                    + "\"id\" \"a.b\" \"-\" - - [2001:db8::1]:80 10.0.0.1:1 - block_all", 502, "-", "[2001:db8::1]:80",
                nil,
                "block_all"
            ),
        ] as [(String, Int, String, String?, String?, String?)])
    func releases(_ line: String, _ code: Int, _ flags: String, _ local: String?, _ sni: String?, _ route: String?)
        throws
    {
        let record = try #require(AccessLogParser.record(line))
        #expect(record.method == "GET")
        #expect(record.path == "/a")
        #expect(record.httpProtocol?.hasPrefix("HTTP/") == true)
        #expect(record.responseCode == code)
        #expect(record.flags == (flags == "-" ? [] : flags.split(separator: ",").map { String($0) }))
        #expect(record.bytesSent == 1)
        #expect(record.duration == 2)
        #expect(record.authority == "a.b")
        #expect(record.downstreamLocal == local)
        #expect(record.serverName == sni)
        #expect(record.routeName == route)
    }

    @Test("TCP in 1.0.6")
    func oldTCP() throws {
        let line = "[2019-02-01T10:00:00.000Z] UH 3 4 5 \"-\" BlackHoleCluster - 1.2.3.4:3306 10.0.0.1:99"
        let record = try #require(AccessLogParser.record(line))
        #expect(record.flags == ["UH"])
        #expect(record.bytesReceived == 3 && record.bytesSent == 4 && record.duration == 5)
        #expect(record.upstreamCluster == "BlackHoleCluster")
        #expect(record.downstreamLocal == "1.2.3.4:3306")
        #expect(record.method == nil)
    }

    @Test("a transport's time in front, and a server name that is no name")
    func tolerance() throws {
        let tail =
            "\"- - -\" 0 UH - - \"-\" 0 0 0 - \"-\" \"-\" \"-\" \"-\" \"-\" BlackHoleCluster - 1.2.3.4:443 10.0.0.1:9"
        let line = "2026-11-21T10:00:00.5Z [2026-11-21T10:00:00.100Z] \(tail) a\u{1B}[31m \" b -"
        let record = try #require(AccessLogParser.record(line))
        #expect(record.start == .at("10:00:00.100"))
        #expect(record.upstreamCluster == "BlackHoleCluster")
        #expect(record.downstreamLocal == "1.2.3.4:443")
        #expect(record.serverName == "a␛[31m \" b")
    }

    @Test(
        "what is no line of an access log",
        arguments: ["", "[", "{", "{}", "[x] \"GET", "hello world", "[2026-11-21T10:00:00Z] \"- - -\" 0"])
    func noRecord(_ line: String) { #expect(AccessLogParser.record(line) == nil) }
}

struct BlockedCallTests {
    @Test("blocked calls of a real sidecar's log")
    func sidecar() throws {
        let calls = try Fixture.lines("envoy/access-text-upstreams-down.log").compactMap(AccessLogParser.record)
            .compactMap { BlockedCall($0, isGateway: false) }
        // Refused connections, and hosts without a healthy endpoint, are no matter of the policy.
        #expect(
            calls.map { "\($0.transport) \($0.target):\($0.port)" } == [
                "tcp 198.51.100.7:25", "tcp 203.0.113.99:3306", "http blocked.example.org:80",
                "tls blocked.example.org:443", "tcp 198.51.100.9:8081",
            ])
        #expect(calls[3].destination == "198.51.100.9:443")
    }

    @Test("mixed traffic, where only the policy's refusals count")
    func mixed() throws {
        let calls = try Fixture.lines("envoy/access-text-mixed.log").compactMap(AccessLogParser.record)
            .compactMap { BlockedCall($0, isGateway: false) }
        #expect(
            calls.map { "\($0.transport) \($0.target):\($0.port)" } == [
                "http www.google.com:80", "http api.evil.example:80", "http www.google.com:80",
                "tls www.google.com:443",
                "tls pypi.org:443", "tcp 203.0.113.11:3306", "tcp 198.51.101.9:9000", "tcp 203.0.113.11:5432",
            ])
    }

    @Test("a gateway refuses what it has no route for")
    func gateway() throws {
        let calls = try Fixture.lines("envoy/access-json-gateway.log").compactMap(AccessLogParser.record)
            .compactMap { BlockedCall($0, isGateway: true) }
        #expect(calls.map(\.target) == ["bookinfo.example.com"])
        #expect(calls.allSatisfy { $0.isAtGateway })
    }

    private static func record(_ change: (inout AccessLogRecord) -> Void) -> AccessLogRecord {
        var record = AccessLogRecord(start: .at("10:00:00"), downstreamLocal: "1.2.3.4:443")
        change(&record)
        return record
    }

    @Test("the null fields of an old JSON log, and what only looks alike")
    func nulls() {
        #expect(BlockedCall(Self.record { $0.flags = ["UH"] }, isGateway: false)?.transport == .tcp)
        #expect(BlockedCall(Self.record { $0.upstreamCluster = "BlackHoleCluster" }, isGateway: false) != nil)
        #expect(BlockedCall(Self.record { _ in }, isGateway: false) == nil)
        let known = Self.record {
            $0.flags = ["UH"]
            $0.upstreamCluster = "outbound|443||a.b"
        }
        #expect(BlockedCall(known, isGateway: false) == nil)
        let noChain = Self.record {
            $0.flags = ["NR"]
            $0.serverName = "A.b"
        }
        #expect(BlockedCall(noChain, isGateway: false) == nil)
        #expect(BlockedCall(noChain, isGateway: true)?.target == "a.b")
    }

    @Test("an answer that a VirtualService gives is no refusal")
    func ownAnswer() {
        for (route, isBlocked) in [("my-route", false), ("block_all", true), (nil, true)] as [(String?, Bool)] {
            let record = Self.record {
                $0.method = "GET"
                $0.responseCode = 502
                $0.details = "direct_response"
                $0.authority = "a.b"
                $0.routeName = route
            }
            #expect((BlockedCall(record, isGateway: false) != nil) == isBlocked)
        }
    }

    @Test("up to 1.1.2 a sidecar answers 404 as well")
    func noRoute() {
        let record = Self.record {
            $0.method = "GET"
            $0.responseCode = 404
            $0.flags = ["NR"]
            $0.authority = "A.b:8080"
        }
        #expect(BlockedCall(record, isGateway: false) == nil)
        let call = BlockedCall(record, isGateway: false, isBefore1_1_3: true)
        #expect(call?.target == "a.b")
        #expect(call?.port == 443)
        #expect(call?.isAtGateway == false)
    }
}
