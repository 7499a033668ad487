import FoundationEssentials
import MeshState

@testable import MeshTUI

extension FrameScene {
    /// Changes of objects of any kind.
    static let objects: [FrameScene] = [
        FrameScene("apply-objects", .entries) { model in
            _ = update(&model, .gathered(.apply(files: ["shop"]), World.several))
        },
        FrameScene("apply-objects-results", .entries) { model in
            _ = update(&model, .gathered(.apply(files: ["shop"]), World.several))
            let requests = model.press("2<Enter>").applied
            guard requests.count == 2 else { throw SceneError("two changes") }
            _ = update(&model, .changeFinished(requests[0], .done(object: .null, warnings: [])))
            let refusal = ChangeResult.failed(message: "networkpolicies is forbidden", isConflict: false)
            _ = update(&model, .changeFinished(requests[1], refusal))
        },
        FrameScene("apply-objects-refused", .entries) { model in
            _ = update(&model, .gathered(.apply(files: ["shop"]), World.wrong))
        },
        FrameScene("egress-gateway", .entries, mesh: World.withGateway) { model in
            guard case .gather(let work)? = model.press("W").first else { throw SceneError("nothing is asked for") }
            let objects = work.keys.map { GatheredObject(key: $0, reading: .absent) }
            _ = update(&model, .gathered(work, .objects(objects)))
        },
        FrameScene("undo-together", .entries, mesh: { $0.actions = World.together }) { model in
            _ = try World.openUndo(&model)
        },
    ]
}

extension World {
    static let gateway: JSONValue = [
        "apiVersion": "networking.istio.io/v1", "kind": "Gateway", "metadata": ["name": "out", "namespace": "default"],
        "spec": [
            "selector": ["istio": "egressgateway"],
            "servers": [["hosts": ["cnn.com"], "port": ["name": "http", "number": 80, "protocol": "HTTP"]]],
        ],
    ]
    static let policy: JSONValue = [
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": ["name": "p", "namespace": "shop"],
        "spec": ["podSelector": [:]],
    ]

    /// An object of a file.
    static func gathered(_ manifest: JSONValue, _ reading: ObjectReading = .absent) -> GatheredObject {
        GatheredObject(
            key: ManifestChange.key(of: manifest), manifest: manifest, file: "shop/all.yaml", reading: reading)
    }

    static let several = Gathering.objects([gathered(gateway), gathered(policy)])

    /// Objects that cannot be applied, for three reasons.
    static var wrong: Gathering {
        var wrong = gateway
        wrong["spec"]?["servers"] = [["hosts": ["cnn.com"], "port": ["name": "http", "number": 0, "protocol": "HTTP"]]]
        let denied = gathered(policy, .failed("networkpolicies \"p\" is forbidden"))
        return .objects([gathered(wrong), denied, gathered(policy)])
    }

    /// A mesh with an egress gateway.
    static func withGateway(_ snapshot: inout MeshSnapshot) {
        var gateway = service("istio-egressgateway", "istio-system", port: 80)
        gateway.service.selector = ["istio": "egressgateway"]
        gateway.service.ports.append(ServicePort(number: 443, name: "https", protocolText: "HTTPS"))
        snapshot.services.append(gateway)
    }

    /// Two changes that were made together, and one before them.
    static let together = [
        creation(3, "b", batch: "x"), creation(2, "a", batch: "x"), creation(1, "c", batch: nil),
    ]

    private static func creation(_ number: Int64, _ name: String, batch: String?) -> ActionRecord {
        let target = ObjectKey(kind: "Gateway", namespace: "default", name: name)
        let object: JSONValue = ["kind": "Gateway", "metadata": ["name": .string(name), "namespace": "default"]]
        return ActionRecord(
            id: .change(number), time: ago(5), who: "olga", origin: "console", context: "lab", server: "s",
            summary: "add Gateway \(name)",
            change: .init(target: target, verb: .create, sent: object, answer: object, batch: batch),
            outcome: .done(warnings: []))
    }

    /// Presses `u` and has the objects read; returns what is undone.
    static func openUndo(_ model: inout AppModel) throws -> [ActionRecord] {
        guard case .readForUndo(let found)? = model.press("u").first else { throw SceneError("nothing to undo") }
        let readings = found.compactMap { record in
            record.change.map { ($0.target, ObjectReading.object($0.answer ?? .null)) }
        }
        _ = update(&model, .undo(found, Dictionary(uniqueKeysWithValues: readings)))
        return found
    }
}
