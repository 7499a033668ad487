extension Explanation {
    /// The explanation for people: the verdict in one line, then hop by hop, then what decided it and what helps.
    package var text: String {
        let result = status.map { ", the client gets: \($0.text)" } ?? ""
        var lines = ["\(verdict.rawValue.uppercased()): \(reason)\(result)", ""]
        let caller = "\(call.caller.workload).\(call.caller.namespace)"
        lines += Self.columns([["call", "\(caller) to \(call.text)"]] + assumptions.map { ["", $0] })
        for (index, hop) in hops.enumerated() {
            lines += ["", "\(index + 1)  \(hop.title)"] + Self.columns(hop.rows).map { "   \($0)" }
        }
        if !because.isEmpty {
            lines +=
                ["", "decided by"] + Self.columns(because.map { [$0.object.description, $0.field] }).map { "   \($0)" }
        }
        if let remedy { lines += ["", "remedy", "   \(remedy.text)"] }
        return lines.map { "\($0)\n" }.joined()
    }

    /// Cells one above the other, two blanks apart, and no blanks at the end.
    private static func columns(_ rows: [[String]]) -> [String] {
        var widths: [Int] = []
        for row in rows {
            for (index, cell) in row.enumerated() {
                if index == widths.count { widths.append(0) }
                widths[index] = max(widths[index], cell.count)
            }
        }
        return rows.map { row in
            var line = ""
            for (index, cell) in row.enumerated() {
                line += cell
                if index < row.count - 1 { line += String(repeating: " ", count: widths[index] - cell.count + 2) }
            }
            return line
        }
    }
}

extension EgressCall {
    /// Such as `http://edition.cnn.com:80/politics at 203.0.113.5`.
    fileprivate var text: String {
        let authority = target.contains(":") ? "[\(target)]:\(port)" : "\(target):\(port)"
        var parts = ["\(speech.rawValue)://\(authority)\(path == "/" ? "" : path)"]
        if let address, address.description != target { parts.append("at \(address)") }
        if host != target, speech != .tcp { parts.append("host \(host)") }
        if speech == .tls {
            if let serverName, serverName != target { parts.append("SNI \(serverName)") }
            if !alpn.isEmpty { parts.append("ALPN \(alpn.joined(separator: ","))") }
        }
        return parts.joined(separator: ", ")
    }
}

extension Explanation.Status {
    package var text: String {
        switch self {
        case .code(let code): String(code)
        case .words(let words): words
        }
    }
}

extension Explanation.Remedy {
    /// What to do: a command where there is one.
    package var text: String {
        switch self {
        case .allow(let host, let port, let workload): "meshtop allow \(host):\(port) --from \(workload)"
        case .switchOn(let entry): "meshtop toggle \(entry.name) --on -n \(entry.namespace)"
        case .words(let words): words
        }
    }
}

extension Explanation.Hop {
    fileprivate var title: String {
        switch kind {
        case .sidecar: "\(name), its sidecar"
        case .gateway: "\(name), a gateway"
        case .inbound: "\(name), its sidecar, inbound"
        case .endpoint: "\(name)"
        }
    }

    private static let mostEndpoints = 8

    fileprivate var rows: [[String]] {
        var rows: [[String]] = []
        func add(_ title: String, _ text: String?) { if let text { rows.append([title, text]) } }
        add("listener", listener)
        let isAnyChain = chain == nil && kind != .inbound && (virtualHost != nil || cluster != nil)
        add("filter chain", isAnyChain ? "the one that takes all" : chain)
        add("virtual host", virtualHost)
        add("route", route)
        add("cluster", cluster)
        for share in shares { rows.append(["", "\(Int(share.percent.rounded())) % \(share.cluster)"]) }
        add("TLS", tls?.text)
        if !endpoints.isEmpty {
            let more = endpoints.count > Self.mostEndpoints ? " and \(endpoints.count - Self.mostEndpoints) more" : ""
            rows.append(["endpoints", endpoints.prefix(Self.mostEndpoints).joined(separator: " ") + more])
        }
        for note in notes { rows.append(["note", note]) }
        return rows
    }
}

extension Explanation.HopTLS {
    fileprivate var text: String {
        let name = serverName.map { ", SNI \($0)" } ?? ""
        let from = identity.map { ", as \($0)" } ?? ""
        let to = peers.isEmpty ? "" : ", to \(peers.joined(separator: " or "))"
        return switch mode {
        case .plain: "plain text"
        case .passthrough: "the client's own, untouched\(name)"
        case .simple, .mutual: "originated, \(mode.rawValue)\(name)\(to)"
        case .istioMutual: "mutual TLS of the mesh\(name)\(from)\(to)"
        }
    }
}
