import Foundation
import Logging
import MeshState
import Testing

@testable import MeshLab

@Suite struct MeshFeedTests {
    /// The documents' way from one outbound policy to the other.
    @Test func followsThePolicyInTheConfigMap() async throws {
        try await TestAPI.run { api in
            try await api.store.seed([
                ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "istio-system"]],
                MeshSettings.configMap(policy: .allowAny),
            ])
            var feed = MeshFeed(
                store: api.store, policy: .registryOnly, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            #expect(await feed.list().policy == .allowAny)
            func replace(_ from: String, _ to: String) async throws {
                let output = try await api.shell([
                    "sh", "-c",
                    "kubectl get configmap istio -n istio-system -o yaml | sed 's/mode: \(from)/mode: \(to)/g' | "
                        + "kubectl replace -n istio-system -f -",
                ])
                #expect(output.out == "configmap/istio replaced\n", "\(output.err)")
            }
            try await replace("ALLOW_ANY", "REGISTRY_ONLY")
            #expect(await feed.list().policy == .registryOnly)
            // What istiod could not read either changes nothing.
            try await replace("REGISTRY_ONLY", "{")
            #expect(await feed.list().policy == .registryOnly)
        }
    }
}
