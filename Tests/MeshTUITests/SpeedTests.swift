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
}
