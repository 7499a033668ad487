import FoundationEssentials
import MeshState
import Testing

@testable import MeshTUI

/// A large mesh must not make the console slow; how fast it is `make bench` measures.
struct SpeedTests {
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
