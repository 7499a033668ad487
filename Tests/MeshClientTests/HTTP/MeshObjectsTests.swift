import MeshState
import Testing

@testable import MeshClient

struct MeshObjectsTests {
    /// A cluster of an old release, whose API lets a user list some kinds in two namespaces alone, and Pods in none.
    @Test func listsWhatItMayAndTellsWhatItMayNot() async throws {
        let plurals = ["serviceentries", "virtualservices", "destinationrules", "gateways", "sidecars"]
        let server = try await ScriptedServer { request, reply in
            let steps = request.path.split(separator: "/").map(String.init)
            let last = steps.last ?? ""
            let isEverywhere = !steps.contains("namespaces") || last == "namespaces"
            switch last {
            case "networking.istio.io": try await reply.answer(["versions": [["version": "v1alpha3"]]] as JSONValue)
            case "v1alpha3":
                try await reply.answer(["resources": .array(plurals.map { ["name": .string($0)] })] as JSONValue)
            case "endpoints" where isEverywhere, "pods":
                try await reply.answer(403, #"{"kind":"Status","message":"\#(last) is forbidden"}"#)
            case "services" where request.query["continue"] == nil:
                try await reply.answer(list([object("Service", "a", version: 1)], version: 9, next: "more"))
            default: try await reply.answer(list([object("x", "\(steps[steps.count - 2])", version: 1)], version: 9))
            }
        }
        var access = server.access
        access.namespace = "shop"
        let client = try KubernetesClient(access: access)
        let (objects, gaps) = try await client.meshObjects()
        #expect(objects.count == 1 + 2 + 2 + plurals.count)
        #expect(
            gaps == [
                "endpoints of istio-system and shop alone: endpoints is forbidden", "without pods: pods is forbidden",
                "without workloadentries: this cluster has no WorkloadEntry resource: is Istio installed?",
            ])
        #expect(server.requests.contains { $0.path == "/apis/networking.istio.io/v1alpha3/virtualservices" })
        await client.shutdown()
        await server.stop()
    }

    @Test func failsWhereTheAPIDoes() async throws {
        let server = try await ScriptedServer { _, reply in try await reply.answer(500, "broken") }
        let client = try KubernetesClient(access: server.access)
        await #expect(throws: RequestFailure.self) { _ = try await client.meshObjects() }
        await client.shutdown()
        await server.stop()
    }
}
