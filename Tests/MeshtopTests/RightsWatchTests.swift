import FoundationEssentials
import MeshClient
import MeshState
import Synchronization
import Testing

@testable import meshtop

@Suite struct RightsWatchTests {
    private final class Told: Sendable {
        let asked = Mutex<[String]>([])
        let denied = Mutex<[String: Set<ActionRecord.Verb>]>([:])
    }

    private func watch(_ told: Told, allowed: @escaping @Sendable (AccessRight) throws -> Bool) -> RightsWatch {
        RightsWatch { right in
            told.asked.withLock { $0.append("\(right.verb) \(right.namespace ?? "*")") }
            return try allowed(right)
        } tell: { namespace, denied in
            told.denied.withLock { $0[namespace] = denied }
        }
    }

    private func snapshot(_ namespaces: [String], looksAt namespace: String? = nil) -> MeshSnapshot {
        let identity = MeshIdentity(context: "c", server: "s", namespace: namespace)
        var snapshot = MeshSnapshot(time: Date(timeIntervalSince1970: 0), identity: identity)
        snapshot.entries = namespaces.map { name in
            let meta = ObjectMeta(name: "e", namespace: name)
            return EntrySummary(
                entry: ServiceEntry(meta: meta, hosts: ["a.b"], ports: [], object: [:]), state: .on, proxies: 0, live: 0)
        }
        return snapshot
    }

    @Test func whoMayDoEverythingIsAskedThreeTimes() async {
        let told = Told()
        let watch = watch(told) { _ in true }
        await watch.look(at: snapshot(["a", "b"]), round: 0)
        await watch.look(at: snapshot(["a", "b", "c"]), round: 0)
        #expect(told.asked.withLock { $0 } == ["create *", "update *", "delete *"])
        #expect(told.denied.withLock { $0 } == ["a": [], "b": [], "c": [], "default": []])
    }

    @Test func othersAreAskedOnceANamespaceAndAgainInAnotherRound() async {
        let told = Told()
        let watch = watch(told) { $0.namespace == "a" && $0.verb != "delete" }
        await watch.look(at: snapshot(["a"]), round: 0)
        #expect(told.denied.withLock { $0["a"] } == [.delete])
        #expect(told.denied.withLock { $0["default"] } == [.create, .replace, .delete])
        let count = told.asked.withLock { $0.count }
        #expect(count == 9)
        await watch.look(at: snapshot(["a"]), round: 0)
        #expect(told.asked.withLock { $0.count } == count)
        await watch.look(at: snapshot(["a"]), round: 1)
        #expect(told.asked.withLock { $0.count } == 2 * count)
    }

    @Test func whatCannotBeAskedMayBeTried() async {
        let told = Told()
        let watch = watch(told) { _ in throw CancellationError() }
        await watch.look(at: snapshot([], looksAt: "shop"), round: 0)
        #expect(told.denied.withLock { $0 } == ["shop": []])
        #expect(told.asked.withLock { $0 } == ["create shop", "update shop", "delete shop"])
    }
}
