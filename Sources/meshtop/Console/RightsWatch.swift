import FoundationEssentials
import MeshClient
import MeshState
import MeshTUI

/// Finds out which changes of service entries the API would refuse to the operator, a namespace at a time as it comes
/// into sight, so that the console can say so before a change is written.
actor RightsWatch {
    private static let verbs: [(verb: ActionRecord.Verb, asked: String)] = [
        (.create, "create"), (.replace, "update"), (.delete, "delete"),
    ]
    /// Namespaces that are asked about; a mesh may have very many.
    private static let mostNamespaces = 64

    private let ask: @Sendable (AccessRight) async throws -> Bool
    private let tell: @Sendable (String, Set<ActionRecord.Verb>) -> Void
    private var asked: Set<String> = []
    /// Whether it may all be done in every namespace.
    private var isUnbounded = false
    private var round: Int?

    init(
        ask: @escaping @Sendable (AccessRight) async throws -> Bool,
        tell: @escaping @Sendable (_ namespace: String, _ denied: Set<ActionRecord.Verb>) -> Void
    ) {
        self.ask = ask
        self.tell = tell
    }

    /// Asks about namespaces that a snapshot shows and that were not asked about.
    ///
    /// - Parameter round: another number once everything is to be asked again, as rights may have been given since.
    func look(at snapshot: MeshSnapshot, round: Int) async {
        if self.round != round {
            self.round = round
            asked = []
            isUnbounded = false
            // Who may do it everywhere needs no further questions.
            if snapshot.identity.namespace == nil { isUnbounded = await denied(in: nil).isEmpty }
        }
        for namespace in namespaces(of: snapshot) where asked.count < Self.mostNamespaces {
            guard asked.insert(namespace).inserted else { continue }
            tell(namespace, isUnbounded ? [] : await denied(in: namespace))
        }
    }

    private func namespaces(of snapshot: MeshSnapshot) -> [String] {
        let seen =
            snapshot.entries.map(\.entry.meta.namespace) + snapshot.blocked.map(\.id.namespace)
            + [snapshot.identity.namespace ?? "default"]
        return Set(seen).sorted()
    }

    private func denied(in namespace: String?) async -> Set<ActionRecord.Verb> {
        var denied: Set<ActionRecord.Verb> = []
        for (verb, word) in Self.verbs {
            let right = AccessRight(word, "serviceentries", group: "networking.istio.io", namespace: namespace)
            // Where the question itself fails the change may be tried: the API has the last word.
            if (try? await ask(right)) == false { denied.insert(verb) }
        }
        return denied
    }
}
