import Foundation
import Logging
import MeshState
import Testing

@testable import MeshLab

/// The lab ends what is over, and leaves the rest alone.
@Suite struct ExpiryKeeperTests {
    private func entry(_ name: String, _ annotations: [String: String]) -> JSONValue {
        [
            "apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry",
            "metadata": ["name": .string(name), "namespace": "default", "annotations": JSONValue(annotations)],
            "spec": [
                "hosts": [.string("\(name).example.com")], "resolution": "DNS",
                "ports": [["number": 80, "name": "http", "protocol": "HTTP"]],
            ],
        ]
    }

    @Test func entriesThatAreOverAreEnded() async throws {
        let over = Date(timeIntervalSinceNow: -60).rfc3339Text
        try await TestAPI.run { api in
            let store = api.store
            try await store.seed([
                ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "default"]],
                entry("gone", ["meshtop.dev/expires": over, "meshtop.dev/on-expiry": "delete"]),
                entry("off", ["meshtop.dev/expires": over, "meshtop.dev/on-expiry": "switch-off"]),
                entry("odd", ["meshtop.dev/expires": over, "meshtop.dev/on-expiry": "explode"]),
                entry("kept", [:]),
            ])
            let keeper = ExpiryKeeper(store: store, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await keeper.run() }
                // What comes later is seen, too.
                try await store.create(
                    .serviceEntries, entry("late", ["meshtop.dev/expires": over, "meshtop.dev/on-expiry": "delete"]))
                while true {
                    let (objects, version) = await store.list(.serviceEntries)
                    let off = objects.first { $0["metadata"]?["name"] == "off" }
                    let isOff = off?["metadata"]?["labels"]?["istio.io/rev"] == "meshtop-disabled"
                    if objects.count == 3, isOff {
                        #expect(off?["metadata"]?["annotations"]?["meshtop.dev/expires"] == nil)
                        #expect(Set(objects.compactMap { $0["metadata"]?["name"]?.stringValue }) == ["kept", "odd", "off"])
                        break
                    }
                    await store.waitForChange(after: version)
                }
                group.cancelAll()
            }
        }
    }
}
