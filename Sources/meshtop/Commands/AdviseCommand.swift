import ArgumentParser
import Foundation
import MeshClient
import MeshState

struct AdviseCommand: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable { case table, json }

    static let configuration = CommandConfiguration(
        commandName: "advise", abstract: "Find what Istio accepts and hardly anybody means: who wins, what goes past.",
        discussion: """
            On the live mesh it also hears the proxies: names that do not resolve, entries that nobody uses, who goes past \
            the egress gateway. With -f it looks at files alone.
            """)

    @Option(help: "How long an entry may be there without being used, in minutes.")
    var unusedAfter = 60.0
    @Option(name: [.short, .long], help: "How to print: table, json.")
    var output: Format = .table
    @OptionGroup var offline: OfflineOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        if let mesh = try offline.mesh(namespace: connection.namespace ?? "default") {
            return show(Advisor.findings(in: mesh))
        }
        let session = try connection.session()
        do {
            let snapshot = await session.firstSnapshot()
            var live = try await LiveMesh(session.source.client)
            live.gaps.forEach(warn)
            if let policy = offline.outboundPolicy { live.configuration.policy = policy }
            show(
                Advisor.findings(
                    in: live.configuration, namespaces: live.namespaces, snapshot: snapshot,
                    unusedAfter: unusedAfter * 60))
        } catch {
            await session.stop()
            throw error
        }
        await session.stop()
    }

    private func show(_ findings: [Advice]) {
        // What was asked for is one namespace; objects elsewhere may still be the other side of a finding.
        let findings = findings.filter { advice in
            connection.namespace.map { name in ([advice.object] + advice.others).contains { $0.namespace == name } }
                ?? true
        }
        switch output {
        case .json: print(JSONValue.array(findings.map(\.record)).jsonText(indent: 2))
        case .table where findings.isEmpty: print("Nothing to advise.")
        case .table: print(findings.map(\.text).joined(separator: "\n"), terminator: "")
        }
    }
}
