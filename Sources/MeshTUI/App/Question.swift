import FoundationEssentials
public import MeshState

/// What the details of a row ask of the whole mesh configuration, which is loaded only for that.
public struct Question: Sendable, Hashable {
    public enum Subject: Sendable, Hashable {
        /// Why a call was stopped, hop by hop.
        case blocked(BlockedEgress)
        /// Where calls to an entry's hosts go in the proxies.
        case entry(ServiceEntry)
    }

    public let subject: Subject
    /// Another number once what decides the answer has changed.
    public let configuration: Int

    /// The object whose events belong to the answer; nil for none.
    public var object: ObjectKey? {
        if case .entry(let entry) = subject { entry.id } else { nil }
    }

    /// The answer: a line each, in the words of `meshtop explain`.
    package func answer(_ explainer: inout Explainer, pods: [Pod]) -> [String] {
        switch subject {
        case .blocked(let event):
            let explanation = explainer.explain(EgressCall(event, pods: pods))
            return explanation.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        case .entry(let entry):
            guard let caller = pods.first(where: { $0.proxyKind == .sidecar }) else { return ["no pod has a sidecar"] }
            var lines = ["seen from \(caller.workload).\(caller.meta.namespace)"]
            for host in entry.hosts where !host.hasPrefix("*") {
                for port in entry.ports {
                    let call = EgressCall(from: EgressCall.Caller(caller), to: host, port: port.number)
                    let explanation = explainer.explain(call)
                    lines.append("\(host):\(port.number) is \(explanation.verdict.rawValue): \(explanation.reason)")
                    let parts = [
                        ("listener", explanation.listener), ("chain", explanation.chain), ("route", explanation.route),
                        ("cluster", explanation.cluster),
                    ]
                    lines += parts.compactMap { name, value in value.map { "  \(name) \($0)" } }
                }
            }
            return lines
        }
    }
}

/// What was found out for a question.
public struct Findings: Sendable, Hashable {
    /// What the cluster tells of an object.
    public enum Events: Sendable, Hashable {
        /// The latest first.
        case known([ObjectEvent])
        /// They could not be read, and why.
        case failed(String)
    }

    /// In the words of `meshtop explain`, a line each.
    public var lines: [String]
    /// nil where the question is about no object.
    public var events: Events?

    public init(lines: [String], events: Events? = nil) {
        self.lines = lines
        self.events = events
    }
}

extension AppModel {
    /// How far the answer to a question is.
    enum Answer: Sendable, Hashable {
        case asked
        case found(Findings)
        case failed(String)

        /// For the details view.
        var details: [DetailLine] {
            switch self {
            case .asked: [.text(CellText("\(Glyph.waiting.text) reading the mesh's configuration", .pending))]
            case .found(let findings): findings.lines.map { .text(CellText($0)) }
            case .failed(let reason): [.text(CellText(reason, .error))]
            }
        }

        /// The object's events under a heading, with their ages; nothing before they are known.
        func events(at now: Date) -> [DetailLine] {
            guard case .found(let findings) = self, let events = findings.events else { return [] }
            let heading = DetailLine.heading("Events")
            switch events {
            case .failed(let reason): return [heading, .text(CellText(reason, .error))]
            case .known(let events) where events.isEmpty: return [heading, .text(CellText("none", .dim))]
            case .known(let events):
                return [heading]
                    + events.prefix(20).map { event in
                        let age = event.last.map { "\(WallClock.age(now.timeIntervalSince($0))) ago" } ?? ""
                        let times = event.count == 1 ? "" : " \(Glyph.times.text)\(event.count)"
                        let words = [event.reason, event.message].filter { !$0.isEmpty }.joined(separator: ": ")
                        let source = event.source.isEmpty ? "" : " (\(event.source))"
                        let sign = event.isWarning ? "\(Glyph.warning.text) " : ""
                        return .field(age, CellText(sign + words + times + source, event.isWarning ? .warn : .text))
                    }
            }
        }
    }

    /// Asks what the details on the screen want to know and nobody has asked yet, and forgets the answers to the rest.
    mutating func askQuestions() -> [Effect] {
        let texts = layers.compactMap { $0 as? TextLayer }.filter { $0.view == .details }
        guard let shown, !texts.isEmpty else {
            if !answers.isEmpty { answers = [:] }
            return []
        }
        var open: [RowID: Question] = [:]
        for text in texts {
            let pane = Panes.pane(text.pane)
            guard let index = pane.index(of: text.row, in: shown), let subject = pane.question(of: index, in: shown)
            else { continue }
            open[text.row] = Question(subject: subject, configuration: shown.configurationHash)
        }
        answers = answers.filter { open[$0.key] != nil }
        var effects: [Effect] = []
        for (row, question) in open where answers[row]?.question != question {
            // What was known stands until the new answer is there.
            answers[row] = (question, answers[row]?.answer ?? .asked)
            effects.append(.ask(question))
        }
        return effects
    }

    mutating func take(_ answer: Answer, to question: Question) {
        for (row, open) in answers where open.question == question { answers[row] = (question, answer) }
    }
}

extension MeshSnapshot {
    /// A number for the objects that decide where calls go, as far as snapshots know of them.
    fileprivate var configurationHash: Int {
        var hasher = Hasher()
        hasher.combine(identity)
        hasher.combine(policy)
        for entry in entries { hasher.combine(entry.entry.meta.resourceVersion) }
        for service in services { hasher.combine(service.service.meta.resourceVersion) }
        return hasher.finalize()
    }
}
