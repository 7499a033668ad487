import Foundation
import MeshState

/// What the doctor says of one thing.
struct Diagnosis: Sendable, Hashable {
    enum Verdict: String, Sendable, Hashable, CaseIterable {
        case ok
        /// Something cannot be seen or done; the rest works.
        case warn
        /// meshtop cannot do what it is for.
        case fail
    }

    enum Subject: String, Sendable, Hashable, CaseIterable { case terminal, configuration, api, rights, mesh }

    var subject: Subject
    var check: String
    var verdict: Verdict
    /// What was found.
    var detail: String
    /// What to do about it; nil where there is nothing to do.
    var remedy: String?

    static func ok(_ subject: Subject, _ check: String, _ detail: String) -> Self {
        Self(subject: subject, check: check, verdict: .ok, detail: detail)
    }

    static func warn(_ subject: Subject, _ check: String, _ detail: String, remedy: String? = nil) -> Self {
        Self(subject: subject, check: check, verdict: .warn, detail: detail, remedy: remedy)
    }

    static func fail(_ subject: Subject, _ check: String, _ detail: String, remedy: String? = nil) -> Self {
        Self(subject: subject, check: check, verdict: .fail, detail: detail, remedy: remedy)
    }
}

extension Diagnosis {
    var record: JSONValue {
        var record: JSONValue = [
            "subject": .string(subject.rawValue), "check": .string(check), "verdict": .string(verdict.rawValue),
            "detail": .string(detail.madeSafe),
        ]
        record["remedy"] = remedy.map { .string($0.madeSafe) }
        return record
    }

    static let fields = [
        RecordField("subject", .string, "terminal, configuration, api, rights or mesh"),
        RecordField("check", .string, "what was looked at"),
        RecordField("verdict", .string, "ok, warn or fail"),
        RecordField("detail", .string, "what was found"),
        RecordField("remedy", .string, "what to do about it", when: "there is something to do"),
    ]
}

extension [Diagnosis] {
    /// The diagnoses under headings, each with a glyph and a word, and the remedy below.
    func text(unicode: Bool) -> String {
        let width = map(\.check.count).max() ?? 0
        var text = ""
        for subject in Diagnosis.Subject.allCases {
            let own = filter { $0.subject == subject }
            if own.isEmpty { continue }
            text += "\(subject.rawValue)\n"
            for diagnosis in own {
                let word = diagnosis.verdict.rawValue.padding(toLength: 4, withPad: " ", startingAt: 0)
                let check = diagnosis.check.padding(toLength: width, withPad: " ", startingAt: 0)
                text += "  \(diagnosis.verdict.glyph(unicode)) \(word)  \(check)  \(diagnosis.detail.madeSafe)\n"
                if let remedy = diagnosis.remedy {
                    let indent = String(repeating: " ", count: width + 12)
                    text += remedy.madeSafe(keepingLines: true).split(separator: "\n").map { "\(indent)\($0)\n" }.joined()
                }
            }
        }
        return text
    }
}

extension Diagnosis.Verdict {
    fileprivate func glyph(_ unicode: Bool) -> String {
        switch self {
        case .ok: unicode ? "●" : "*"
        case .warn: "!"
        case .fail: unicode ? "×" : "x"
        }
    }
}

extension String {
    fileprivate func madeSafe(keepingLines: Bool) -> String { SafeText.visible(self, keepingLines: keepingLines) }
}
