import Foundation
import MeshClient
import MeshState
import MeshTUI

extension ConsoleRunner {
    /// Answers from the mesh's configuration, on another thread than the terminal's.
    func ask(_ question: Question, _ inbox: Inbox) {
        Task {
            do {
                inbox.put(.answered(question, try await configurations.answer(question, holder.session.source.client)))
            } catch {
                inbox.put(.notAnswered(question, "\(error)"))
            }
        }
    }
}

/// The mesh's configuration as it was last read.
actor ConfigurationCache {
    private var known: (version: Int, explainer: Explainer, pods: [Pod])?

    /// The answer from the configuration, which is read anew when it is another one by now, with the object's events.
    func answer(_ question: Question, _ client: KubernetesClient) async throws -> Findings {
        async let events = Self.events(of: question.object, client)
        return Findings(lines: try await lines(question, client), events: await events)
    }

    private static func events(of object: ObjectKey?, _ client: KubernetesClient) async -> Findings.Events? {
        guard let object else { return nil }
        do { return .known(try await client.events(of: object)) } catch { return .failed("\(error)".madeSafe) }
    }

    private func lines(_ question: Question, _ client: KubernetesClient) async throws -> [String] {
        if known?.version != question.configuration {
            let mesh = try await LiveMesh(client).configuration
            known = (question.configuration, Explainer(mesh), mesh.pods)
        }
        guard var known else { return [] }
        let lines = question.answer(&known.explainer, pods: known.pods)
        self.known = known
        return lines
    }
}
