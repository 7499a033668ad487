import Foundation
import Yams

/// Changes settings in the text of a configuration file; remarks, order and whatever else is there stay.
enum ConfigurationEditor {
    /// Writes settings into the file, which is made if it is not there.
    static func write(_ values: [String: String], to file: URL) throws {
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        let isThere = FileManager.default.fileExists(atPath: file.path)
        let before = isThere ? try String(contentsOf: file, encoding: .utf8) : ""
        // A link to the file, as those have who keep it under version control, stays a link.
        try PrivateFile.write(Data(setting(values, in: before).utf8), to: file.resolvingSymlinksInPath())
    }

    /// The text with each of the settings at its value.
    static func setting(_ values: [String: String], in text: String) throws -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        let top = try Yams.compose(yaml: text)?.mapping
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            let written = try Yams.serialize(node: Node(value)).trimmingCharacters(in: .newlines)
            guard let old = top?[key], let mark = old.mark else {
                lines.append("\(key): \(written)")
                continue
            }
            lines[mark.line - 1] = line(lines[mark.line - 1], from: mark.column - 1, value: written)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A line with another value from a column on; the remark behind it stays.
    private static func line(_ line: String, from column: Int, value: String) -> String {
        let rest = line.dropFirst(column)
        let remark: Substring
        if let quote = rest.first, quote == "\"" || quote == "'" {
            let end = rest.dropFirst().firstIndex(of: quote) ?? rest.endIndex
            remark = rest[end...].dropFirst()
        } else {
            let written = rest.firstRange(of: " #").map { rest[..<$0.lowerBound] } ?? rest
            remark = rest[(written.lastIndex { $0 != " " }.map { written.index(after: $0) } ?? written.startIndex)...]
        }
        return line.prefix(column) + value + remark
    }
}
