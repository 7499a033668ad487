import MeshState
import Testing

@testable import MeshTUI

/// What commands print as JSON is what the tables say of it.
@Suite struct RecordTests {
    @Test(arguments: Panes.all.map(\.id))
    func everyFieldIsDescribed(_ id: PaneID) {
        let pane = Panes.pane(id)
        let snapshot = World.snapshotOfAllFields()
        let records = pane.members(of: snapshot).map { pane.record(of: $0, in: snapshot) }
        #expect(mismatches(of: records, with: pane.fields) == [])
    }

    @Test func theSnapshotIsDescribed() {
        var record = World.snapshotOfAllFields().record
        for pane in Panes.all {
            #expect(record[pane.id.name]?.arrayValue?.isEmpty == false)
            record[pane.id.name] = nil
        }
        let nothing = MeshSnapshot(time: World.now, identity: MeshIdentity(context: "lab", server: "")).record
        #expect(nothing["outboundPolicy"] == .null)
        #expect(mismatches(of: [record], with: MeshSnapshot.recordFields) == [])
    }
}

extension World {
    /// A mesh in which each field of each record is written at least once.
    static func snapshotOfAllFields() -> MeshSnapshot {
        snapshot { snapshot in
            snapshot.connections[0].lastActive = now
            snapshot.proxies[0].memory = 12_345_678
            snapshot.proxies[0].started = ago(3600)
            snapshot.proxies[0].connections = 3
            snapshot.proxies[0].rejection = "LDS: no such cluster"
            snapshot.actions = actions
            snapshot.entries[0] = temporary
            snapshot.sources[.istiod] = SourceState(
                condition: .failing(reason: "refused", attempt: 1, retryAt: nil), interval: 1)
        }
    }
}
