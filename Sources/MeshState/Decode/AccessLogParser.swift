import FoundationEssentials

/// Reads lines of Istio's access log: the default text format of every release, and JSON.
public enum AccessLogParser {
    /// The record of one line; nil for a line that is none, such as one of Envoy's own log.
    ///
    /// A time that the log's transport put in front is passed over. Every string of the record is safe to show.
    public static func record(_ line: String) -> AccessLogRecord? {
        var text = line[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        if let record = read(text) { return record }
        guard let space = text.firstIndex(of: " "), Date(rfc3339: text[..<space]) != nil else { return nil }
        return read(text[text.index(after: space)...])
    }

    private static func read(_ line: Substring) -> AccessLogRecord? {
        switch line.first {
        case "[": TextLine(line)?.record
        case "{": JSONLine.record(line)
        default: nil
        }
    }

    /// `-` and an empty text stand for nothing.
    fileprivate static func meaning(_ text: some StringProtocol) -> String? {
        text.isEmpty || text == "-" ? nil : String(text).madeSafe
    }

    fileprivate static func flags(_ text: (some StringProtocol)?) -> [String] {
        guard let text, text != "-", !text.isEmpty else { return [] }
        return text.split(separator: ",").map { String($0).madeSafe }
    }
}

/// A line of text, taken apart from both ends: what stands in its middle differs by release, and a user agent may hold
/// quotes, which Envoy does not escape.
private struct TextLine {
    var record: AccessLogRecord

    init?(_ line: Substring) {
        guard let bracket = line.firstIndex(of: "]"),
            let start = Date(rfc3339: line[line.index(after: line.startIndex)..<bracket])
        else { return nil }
        record = AccessLogRecord(start: start)
        let rest = line[line.index(after: bracket)...].drop { $0 == " " }
        guard rest.first == "\"" else {
            guard readOldTCP(rest) else { return nil }
            return
        }
        guard let request = Self.requestEnd(rest) else { return nil }
        readRequest(rest[rest.index(after: rest.startIndex)..<request])
        guard let middle = readTail(rest[rest.index(after: request)...]) else { return nil }
        guard readMiddle(middle) else { return nil }
    }

    /// The quote behind the request: the first that a number follows. A path holds no space, so it cannot fake one.
    private static func requestEnd(_ text: Substring) -> String.Index? {
        var search = text.dropFirst()
        while let quote = search.firstIndex(of: "\"") {
            let behind = text[text.index(after: quote)...]
            if behind.first == " ", behind.dropFirst().first?.isASCII == true,
                behind.dropFirst().first?.isNumber == true
            {
                return quote
            }
            search = behind
        }
        return nil
    }

    private mutating func readRequest(_ request: Substring) {
        let parts = request.split(separator: " ", maxSplits: 1)
        record.method = parts.first.flatMap { AccessLogParser.meaning($0) }
        guard var target = parts.count > 1 ? parts[1] : nil else { return }
        // Release 1.0.6 had no space between the path and the protocol.
        for known in ["HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/3", " -"] where target.hasSuffix(known) {
            record.httpProtocol = AccessLogParser.meaning(known.drop { $0 == " " })
            target = target.dropLast(known.count)
        }
        while target.last == " " { target.removeLast() }
        record.path = AccessLogParser.meaning(target)
    }

    /// Reads what stands behind the quoted upstream host, and that host; gives what stands before it.
    private mutating func readTail(_ text: Substring) -> Substring? {
        var search = text
        while let close = search.lastIndex(of: "\"") {
            let fields = text[text.index(after: close)...].split(separator: " ")
            let head = text[..<close]
            search = head
            guard let open = head.lastIndex(of: "\"") else { return nil }
            let host = head[head.index(after: open)...]
            // A quote inside a server name is no end of the upstream host.
            guard fields.isEmpty || fields.count >= 4, !host.contains(" ") else { continue }
            if fields.count >= 4, !Self.isAddress(fields[2]) { continue }
            record.upstreamHost = AccessLogParser.meaning(host)
            if fields.count >= 4 { readAddresses(fields) }
            return head[..<open]
        }
        return nil
    }

    private static func isAddress(_ text: Substring) -> Bool { text == "-" || text.contains(":") || text.contains("/") }

    /// Cluster, upstream local, downstream local and remote address, since 1.1 the server name, since 1.3 the route.
    private mutating func readAddresses(_ fields: [Substring]) {
        record.upstreamCluster = AccessLogParser.meaning(fields[0])
        record.downstreamLocal = AccessLogParser.meaning(fields[2])
        record.downstreamRemote = AccessLogParser.meaning(fields[3])
        if fields.count == 5 { record.serverName = AccessLogParser.meaning(fields[4]) }
        if fields.count > 5 {
            // A server name is what the client claims, spaces included.
            record.serverName = AccessLogParser.meaning(fields[4..<fields.count - 1].joined(separator: " "))
            record.routeName = AccessLogParser.meaning(fields[fields.count - 1])
        }
    }

    /// Code, flags, since 1.9 details, then what differs, the numbers, and at its right end the authority.
    private mutating func readMiddle(_ text: Substring) -> Bool {
        var words = Words(text)
        guard let code = words.next(), let number = Int(code.text), let flags = words.next() else { return false }
        record.responseCode = number
        record.flags = AccessLogParser.flags(flags.text)
        var word = words.next()
        if let details = word, !details.isQuoted, Int(details.text) == nil {
            record.details = AccessLogParser.meaning(details.text)
            word = words.next()
            if let termination = word, !termination.isQuoted, Int(termination.text) == nil { word = words.next() }
        }
        while let skipped = word, skipped.isQuoted { word = words.next() }
        guard let received = word, let sent = words.next(), let duration = words.next() else { return false }
        record.bytesReceived = UInt64(received.text) ?? 0
        record.bytesSent = UInt64(sent.text) ?? 0
        record.duration = Int(duration.text) ?? 0

        var right = text
        while right.last == " " { right.removeLast() }
        guard right.last == "\"" else { return true }
        right.removeLast()
        if let open = right.lastIndex(of: "\"") {
            record.authority = AccessLogParser.meaning(right[right.index(after: open)...])
        }
        return true
    }

    /// `FLAGS RX TX DURATION "UPSTREAM_HOST" CLUSTER …`, which TCP had in 1.0.
    private mutating func readOldTCP(_ text: Substring) -> Bool {
        guard let middle = readTail(text) else { return false }
        let fields = middle.split(separator: " ")
        guard fields.count == 4, let received = UInt64(fields[1]), let sent = UInt64(fields[2]) else { return false }
        record.flags = AccessLogParser.flags(fields[0])
        record.bytesReceived = received
        record.bytesSent = sent
        record.duration = Int(fields[3]) ?? 0
        return true
    }
}

/// Words between spaces; a quoted one may hold spaces.
private struct Words {
    private var rest: Substring

    init(_ text: Substring) { rest = text }

    mutating func next() -> (text: Substring, isQuoted: Bool)? {
        rest = rest.drop { $0 == " " }
        guard let first = rest.first else { return nil }
        if first == "\"" {
            let inside = rest.dropFirst()
            let end = inside.firstIndex(of: "\"") ?? inside.endIndex
            rest = inside[end...].dropFirst()
            return (inside[..<end], true)
        }
        let end = rest.firstIndex(of: " ") ?? rest.endIndex
        defer { rest = rest[end...] }
        return (rest[..<end], false)
    }
}

/// A line of JSON with Istio's keys; a missing value is null or `-`.
private enum JSONLine {
    static func record(_ line: Substring) -> AccessLogRecord? {
        // A line that is cut off, or that something else wrote, is no record.
        guard let object = try? JSONValue(parsing: line.utf8), let time = object["start_time"]?.stringValue,
            let start = Date(rfc3339: time)
        else { return nil }
        func text(_ key: String) -> String? { object[key]?.stringValue.flatMap { AccessLogParser.meaning($0) } }
        func number(_ key: String) -> UInt64 { object[key]?.unsignedValue ?? 0 }
        return AccessLogRecord(
            start: start, method: text("method"), path: text("path"), httpProtocol: text("protocol"),
            responseCode: Int(clamping: number("response_code")),
            flags: AccessLogParser.flags(object["response_flags"]?.stringValue), details: text("response_code_details"),
            bytesReceived: number("bytes_received"), bytesSent: number("bytes_sent"),
            duration: Int(clamping: number("duration")), authority: text("authority"),
            upstreamHost: text("upstream_host"), upstreamCluster: text("upstream_cluster"),
            downstreamLocal: text("downstream_local_address"), downstreamRemote: text("downstream_remote_address"),
            serverName: text("requested_server_name"), routeName: text("route_name"))
    }
}
