public import ArgumentParser
import Foundation
public import MeshState
import MeshTUI

extension IstioVersion: ExpressibleByArgument {
    public init?(argument: String) { self.init(parsing: argument) }
}

struct ValidateCommand: ParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable { case table, json }

    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check files before they are applied: what the API server and istiod would say.",
        discussion: """
            Exit status 0 means that all objects would be taken, perhaps with warnings; 1 that one would be refused or \
            a file cannot be read.
            """)
    @Option(
        name: [.customShort("f"), .customLong("filename")],
        help: ArgumentHelp(
            "A file of YAML or JSON, a folder of such files, or - for standard input; may be repeated.",
            valueName: "file"), completion: .file(extensions: ["yaml", "yml", "json"]))
    var files: [String] = []
    @Option(help: ArgumentHelp("The release of Istio whose rules count, such as 1.12.", valueName: "version"))
    var istioVersion: IstioVersion = .current
    @Option(name: [.short, .long], help: "How to print.")
    var output: Format = .table

    func validate() throws {
        if files.isEmpty { throw ValidationError("name what to check with -f FILE, -f FOLDER or -f -") }
    }

    func run() throws {
        var findings: [FileFinding] = []
        var objects = 0
        var isComplete = true
        for source in ManifestSource.all(files) {
            switch source.read() {
            case .text(let text):
                let report = ManifestCheck.check(text, version: istioVersion)
                findings += report.findings.map { FileFinding(file: source.name, finding: $0) }
                objects += report.objects
            case .unreadable(let reason):
                warn("\(source.name): \(reason)".madeSafe)
                isComplete = false
            }
        }
        switch output {
        case .json: print(JSONValue.array(findings.map(\.record)).jsonText(indent: 2))
        case .table:
            if !findings.isEmpty { print(tableText([FileFinding.titles] + findings.map(\.cells)), terminator: "") }
            warn(Self.summary(findings, objects: objects))
        }
        let isRefused = findings.contains { $0.finding.severity == .error }
        if isRefused || !isComplete { throw ExitCode.failure }
    }

    private static func summary(_ findings: [FileFinding], objects: Int) -> String {
        func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }
        let errors = findings.count { $0.finding.severity == .error }
        return "\(count(objects, "object")) checked: \(count(errors, "error")), "
            + count(findings.count - errors, "warning")
    }
}

/// A finding with the file that it is in, in the forms in which it is printed.
struct FileFinding {
    let file: String
    let finding: ManifestFinding

    /// What `record` holds.
    static let fields = [
        RecordField("file", .string, "the file, or - for standard input"),
        RecordField("line", .integer, "the line that is at fault, counted from 1"),
        RecordField("kind", .string, "kind of the object; empty where it has none"),
        RecordField("namespace", .string, "its namespace; empty where it names none"),
        RecordField("name", .string, "its name; empty where it has none"),
        RecordField("path", .string, "path of the field, such as spec.ports[0].protocol; empty for the whole object"),
        RecordField("severity", .string, "error: it would be refused; warning: it would be taken"),
        RecordField("message", .string, "what is wrong, in the words of the API server or istiod"),
    ]

    static let titles = ["FILE:LINE", "SEVERITY", "OBJECT", "PATH", "MESSAGE"]

    var cells: [String] {
        let name = [finding.namespace, finding.name].filter { !$0.isEmpty }.joined(separator: "/")
        let object = [finding.kind, name].filter { !$0.isEmpty }.joined(separator: " ")
        return ["\(file):\(finding.line)", finding.severity.rawValue, object, finding.path, finding.message].map {
            $0.isEmpty ? "-" : $0.madeSafe
        }
    }

    var record: JSONValue {
        [
            "file": .string(file.madeSafe), "line": .integer(Int64(finding.line)),
            "kind": .string(finding.kind.madeSafe), "namespace": .string(finding.namespace.madeSafe),
            "name": .string(finding.name.madeSafe), "path": .string(finding.path.madeSafe),
            "severity": .string(finding.severity.rawValue), "message": .string(finding.message.madeSafe),
        ]
    }
}
