import FoundationEssentials
import MeshState
import Testing

@testable import MeshTUI

/// A large mesh must not make the console slow: what a key costs does not grow with the mesh.
@Suite(.serialized) struct SpeedTests {
    private static func large(_ count: Int) -> MeshSnapshot {
        World.snapshot { snapshot in
            snapshot.services = (0..<count).map { World.service("service-\($0)") }
            snapshot.connections = (0..<count).map {
                World.connection("workload-\($0)", "outbound|443||host-\($0).example.com", live: $0 % 3, connections: 5)
            }
            snapshot.blocked = (0..<count / 4).map {
                World.blocked(
                    "workload-\($0)", "host-\($0).example.com", 443, .tls, destination: "203.0.113.9:443", name: nil,
                    source: nil,
                    count: $0, first: 90, last: Double($0 % 60))
            }
        }
    }

    private static func seconds(_ body: () -> Void) -> Double {
        let clock = ContinuousClock()
        // The fastest of a few: whatever else the machine does only makes it slower.
        return (0..<7).map { _ in clock.measure(body) }.map { $0 / .seconds(1) }.min() ?? 0
    }

    private static func keyCost(_ count: Int) -> Double {
        var model = World.model()
        _ = update(&model, .snapshot(large(count)))
        return seconds {
            for _ in 0..<5 {
                model.type(.down)
                _ = render(model, size: model.size, capabilities: Capabilities(colors: .indexed256, unicode: true))
            }
        } / 5
    }

    @Test func aKeyCostsTheSameInALargeMesh() {
        let small = Self.keyCost(100)
        let large = Self.keyCost(20_000)
        #expect(large < 3 * small, "\(small) s with 100 rows, \(large) s with 20000")
    }

    @Test func whatHasNotChangedCostsLittle() {
        var snapshot = Self.large(20_000)
        var model = World.model(focus: .connections)
        let whole = ContinuousClock().measure { _ = update(&model, .snapshot(snapshot)) } / .seconds(1)
        var row = 0
        let some = Self.seconds {
            for _ in 0..<20 {
                row = (row + 997) % snapshot.connections.count
                snapshot.connections[row].live += 1
            }
            _ = update(&model, .snapshot(snapshot))
        }
        #expect(some < whole / 4, "\(whole) s for all rows, \(some) s for twenty of them")
    }

    @Test func aFilterOfALongListIsAppliedOnceItsKeyIsAnswered() {
        var model = World.model(focus: .connections)
        _ = update(&model, .snapshot(Self.large(5000)))
        let before = model.current.rows.count
        model.type("/w-workload-77")
        #expect(model.current.isPending && model.current.rows.count == before)
        #expect(model.nextDue == model.now)
        _ = update(&model, .tick(model.now))
        #expect(!model.current.isPending)
        #expect(model.current.rows.isEmpty)
    }
}
