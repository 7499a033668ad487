import Foundation
import MeshClient
import MeshState

/// What could be learnt of a mesh and of what we may do there.
struct MeshFacts: Sendable {
    /// A right, what it is needed for, and whether meshtop is of no use without it.
    struct Need: Sendable, Hashable {
        var right: AccessRight
        var purpose: String
        var isVital = false
    }

    enum Answer: Sendable, Hashable {
        case yes, no
        /// Nobody could be asked; the text says why.
        case unknown(String)
    }

    /// What was asked for, or why it is not known.
    enum Learnt<Value: Sendable>: Sendable {
        case known(Value)
        case unknown(String)
    }

    var snapshot: MeshSnapshot
    var rights: [(need: Need, answer: Answer)]
    var version: Learnt<(version: String, clockAhead: Double?)>
    var settings: Learnt<JSONValue>
    var telemetries: Learnt<[JSONValue]>

    /// Every right that meshtop makes use of.
    ///
    /// - Parameter namespace: the one that is looked at; nil for all.
    static func needs(namespace: String?, istioNamespace: String = "istio-system") -> [Need] {
        func istio(_ verb: String, _ resource: String) -> AccessRight {
            AccessRight(verb, resource, group: "networking.istio.io", namespace: namespace)
        }
        func core(_ verb: String, _ resource: String) -> AccessRight {
            AccessRight(verb, resource, namespace: namespace)
        }
        var needs: [Need] = []
        for resource in ["services", "endpoints", "pods"] {
            for verb in ["list", "watch"] {
                needs.append(
                    Need(right: core(verb, resource), purpose: "to know the workloads", isVital: resource == "pods"))
            }
        }
        for verb in ["list", "watch"] {
            needs.append(Need(right: istio(verb, "serviceentries"), purpose: "to show the entries", isVital: true))
        }
        for verb in ["create", "update", "delete"] {
            needs.append(Need(right: istio(verb, "serviceentries"), purpose: "to change entries"))
        }
        for resource in ["virtualservices", "destinationrules", "gateways", "sidecars", "workloadentries"] {
            needs.append(Need(right: istio("list", resource), purpose: "for explain, advise and --dry-run"))
        }
        needs += [
            Need(right: core("get", "pods/proxy"), purpose: "to read the proxies' counters: connections, rates"),
            Need(right: core("get", "pods/log"), purpose: "to read the access logs: blocked calls", isVital: true),
            Need(
                right: AccessRight("get", "services/proxy", namespace: istioNamespace),
                purpose: "to ask istiod for the proxies' state and the mesh's policy"),
            Need(
                right: AccessRight("get", "configmaps", namespace: istioNamespace),
                purpose: "to read the mesh's policy where istiod cannot be asked"),
            Need(right: core("list", "events"), purpose: "to show an entry's events"),
            Need(right: AccessRight("list", "namespaces"), purpose: "for advise, and to complete -n"),
        ]
        return needs
    }
}

extension MeshFacts {
    /// Looks at the mesh and asks for every right.
    init(_ session: MeshSession) async {
        let client = session.source.client
        async let rights = Self.ask(Self.needs(namespace: session.identity.namespace), client)
        async let version = Self.learn { try await client.serverVersion() }
        async let settings = Self.learn { try await client.meshSettings() }
        async let telemetries = Self.learn { try await client.telemetries() }
        snapshot = await session.firstSnapshot()
        self.rights = await rights
        self.version = await version
        self.settings = await settings
        self.telemetries = await telemetries
    }

    private static func learn<Value: Sendable>(_ body: () async throws -> Value) async -> Learnt<Value> {
        do { return .known(try await body()) } catch { return .unknown("\(error)") }
    }

    private static func ask(_ needs: [Need], _ client: KubernetesClient) async -> [(need: Need, answer: Answer)] {
        await withTaskGroup(of: (Int, Answer).self) { group in
            for (place, need) in needs.enumerated() {
                group.addTask {
                    switch await learn({ try await client.isAllowed(need.right) }) {
                    case .known(let isAllowed): (place, isAllowed ? .yes : .no)
                    case .unknown(let reason): (place, .unknown(reason))
                    }
                }
            }
            var answers: [Int: Answer] = [:]
            for await (place, answer) in group { answers[place] = answer }
            return needs.enumerated().map { ($1, answers[$0] ?? .no) }
        }
    }
}
