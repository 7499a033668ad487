import Foundation
import Logging
import MeshState

/// Brings one proxy to what it is to have, over the stream that the proxy opens.
actor ProxyPusher {
    let node: ProxyNode
    private let logger: Logger
    private var session = DeltaSession()
    /// The stream that is open, by a number of its own.
    private var stream: (number: Int, send: Send, opened: Date)?
    private var streamCount = 0
    private var sentTimes: [DiscoveryType: Date] = [:]
    /// What was not sent at all because it would lead nowhere, and why.
    private var refused = ResourceChange()
    private var problem: String?
    private var timer: (deadline: ContinuousClock.Instant, task: Task<Void, Never>)?

    /// Sends an answer; nil ends the stream.
    typealias Send = @Sendable (DeltaResponse?) -> Void

    init(node: ProxyNode, logger: Logger) {
        self.node = node
        self.logger = logger
    }

    /// Has the proxy follow a change of what it is to have; `isWhole` when there is to be nothing else.
    func submit(_ change: ResourceChange, isWhole: Bool = false) {
        if change.isEmpty && refused.isEmpty && !isWhole { return }
        if isWhole {
            refused = ResourceChange()
            for (type, resources) in session.resources {
                let names = Set((change.put[type] ?? []).map(\.name))
                refused.removed[type] = resources.keys.filter { !names.contains($0) }
            }
        }
        refused.add(change)
        let problems = refused.problems(in: session.resources)
        problem = problems.isEmpty ? nil : problems.joined(separator: "; ")
        if let problem {
            logger.error("push refused", metadata: ["proxy": "\(node.id)", "problem": "\(problem)"])
            return
        }
        session.apply(refused)
        refused = ResourceChange()
        advance()
    }

    /// Ends the stream; the proxy goes on with what it has.
    func stop() {
        stream = nil
        session.disconnect()
        timer?.task.cancel()
    }

    // MARK: The stream

    /// The proxy opened a stream, on which it is answered from now on; returns the stream's number.
    ///
    /// An older one is ended, so that whoever held it has to come back rather than hear nothing any more.
    func connect(_ send: @escaping Send) -> Int {
        stream?.send(nil)
        streamCount += 1
        stream = (streamCount, send, Date())
        session.connect()
        return streamCount
    }

    /// The stream of this number is gone.
    func disconnect(_ number: Int) {
        guard stream?.number == number else { return }
        stream = nil
        session.disconnect()
    }

    func receive(_ request: DeltaRequest, on number: Int) {
        guard stream?.number == number else { return }
        if let rejection = session.receive(request) {
            logger.error(
                "configuration rejected",
                metadata: [
                    "proxy": "\(node.id)", "type": "\(rejection.type.rawValue)", "reason": "\(rejection.reason)",
                ])
        }
        advance()
    }

    private func advance() {
        for answer in session.advance(now: .now) {
            sentTimes[answer.type] = Date()
            stream?.send(answer)
        }
        session.noteTaken()
        guard let deadline = session.deadline(after: .now), timer?.deadline != deadline else { return }
        timer?.task.cancel()
        timer = (
            deadline,
            Task {
                do { try await Task.sleep(until: deadline) } catch { return }
                timer = nil
                advance()
            }
        )
    }

    // MARK: How it stands

    var status: ProxySyncDetail {
        var detail = ProxySyncDetail(proxy: node.id, kind: node.kind)
        detail.isReachable = session.isConnected
        detail.problem = problem
        detail.connectedAt = stream?.opened
        detail.connection = stream.map { "\(node.id)-\($0.number)" }
        for type in DiscoveryType.allCases {
            var sync = ProxySyncDetail.TypeSync()
            sync.sent = session.targetVersion(type)
            sync.acked = sync.sent.isEmpty ? "" : session.takenVersion(type) ?? ""
            sync.sentTime = sentTimes[type]
            let reasons = Set(session.rejections(type).values.map(\.reason))
            if !reasons.isEmpty { sync.error = reasons.sorted().joined(separator: "; ") }
            detail.types[type] = sync
        }
        detail.isPushing = session.isConnected && !DiscoveryType.allCases.allSatisfy { session.isDone($0) }
        return detail
    }

    /// The names of each type that the proxy asked for.
    var watches: [DiscoveryType: [String]] {
        Dictionary(
            DiscoveryType.allCases.map { ($0, session.watched($0)) }, uniquingKeysWith: { first, _ in first })
    }
}
