import MeshState

extension Schema {
    static let serviceEntry = istio("ServiceEntry", Shapes.serviceEntry)
    static let virtualService = istio("VirtualService", Shapes.virtualService)
    static let destinationRule = istio("DestinationRule", Shapes.destinationRule)
    static let gateway = istio("Gateway", Shapes.gateway)
    static let sidecar = istio("Sidecar", Shapes.sidecar)
    static let workloadEntry = istio("WorkloadEntry", Shapes.workloadEntry)
    static let workloadGroup = istio("WorkloadGroup", Shapes.workloadGroup)

    /// A kind of Istio's networking group: its fields are those that the rules of the mesh know, and are told about in
    /// ``FieldDescriptions``.
    private static func istio(_ kind: String, _ shape: MeshState.Shape) -> Schema {
        var spec = Schema(shape, path: "\(kind).spec")
        spec.description = FieldDescriptions.text(of: kind)
        return .object(
            FieldDescriptions.text(of: kind),
            ["apiVersion": .apiVersion, "kind": .kind, "metadata": .metadata, "spec": spec, "status": status(kind)])
    }

    private static func status(_ kind: String) -> Schema {
        var members: [String: Schema] = [
            "conditions": .list("Current state of the object.", of: condition),
            "validationMessages": .list("What analysis found.", of: .any("One finding.")),
            "observedGeneration": .any("Generation that the report is about."),
        ]
        if kind == "ServiceEntry" {
            members["addresses"] = .list(
                "Addresses that the control plane gave to hosts without any.",
                of: .object(
                    "One address.", required: ["value"],
                    ["value": .string("The address."), "host": .string("The host that has it.")]))
        }
        return .object("What the control plane reports about the object.", isOpen: true, members)
    }

    private static let condition = Schema.object(
        "One condition.",
        [
            "type": .string("Which condition."), "status": .string("True, False or Unknown."),
            "reason": .string("One word for why."), "message": .string("Why, in a sentence."),
            "lastProbeTime": .string("Time of the last look."),
            "lastTransitionTime": .string("Time since which it is so."),
            "observedGeneration": .any("Generation that the condition is about."),
        ])

    /// Lists whose elements are told apart by members, and members that have to be there, beyond what the shapes say.
    private static let keys = ["ServiceEntry.spec.ports": ["name"]]
    private static let required = ["ServiceEntry.spec": ["hosts"], "ServiceEntry.spec.ports": ["number", "name"]]

    private init(_ shape: MeshState.Shape, path: String) {
        let description = FieldDescriptions.text(of: path)
        switch shape {
        case .text, .duration, .anyDuration: self = .string(description)
        case .choice(let allowed): self = .string(description, allowed: allowed)
        case .boolean: self = .boolean(description)
        case .integer: self = .integer(description)
        case .number: self = .number(description)
        case .list(let element):
            self = .list(
                description, Self.keys[path].map { .map(keys: $0) } ?? .atomic, of: Schema(element, path: path))
        case .map(let element): self = Schema(.map(Schema(element, path: path)), description)
        case .object(let members, let required, _):
            let schemas = members.map { name, member in (name, Schema(member, path: "\(path).\(name)")) }
            self = .object(
                description, required: required + (Self.required[path] ?? []),
                Dictionary(uniqueKeysWithValues: schemas))
        }
    }
}
