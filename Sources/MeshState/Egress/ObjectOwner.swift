/// A tool that keeps an object as its own source says, and so may take back what is changed in the cluster.
public struct ObjectOwner: Sendable, Hashable {
    /// As people call it: `Argo CD`, `Flux`, `Helm`.
    public let tool: String
    /// What of the tool's it belongs to, such as `application shop`; nil where the object does not tell.
    public let source: String?
    /// The label, annotation or manager that tells.
    public let evidence: String

    /// The tools that own an object, by its labels, annotations and managers of fields; Helm is left out where it is
    /// Flux or Argo CD that runs it.
    public static func owners(of object: JSONValue) -> [ObjectOwner] {
        let metadata = object["metadata"] ?? [:]
        let labels = metadata["labels"]?.stringMap ?? [:]
        let annotations = metadata["annotations"]?.stringMap ?? [:]
        let found = [
            flux(labels), argoCD(labels, annotations), helm(labels, annotations), manager(of: metadata),
            label(labels),
        ].compactMap { $0 }
        var owners: [ObjectOwner] = []
        for owner in found where !owners.contains(where: { $0.tool == owner.tool }) {
            if owner.tool == helmName, !owners.isEmpty { continue }
            owners.append(owner)
        }
        return owners
    }

    /// What an operator has to know before changing the object.
    public var warning: String {
        "owned by \(tool)\(source.map { " (\($0))" } ?? ""): it may take the change back; "
            + "make it where \(tool) gets the object from (\(evidence))"
    }

    private static let fluxName = "Flux"
    private static let argoName = "Argo CD"
    private static let helmName = "Helm"
    private static let managedBy = "app.kubernetes.io/managed-by"

    private init(_ tool: String, _ source: String? = nil, evidence: String) {
        self.tool = tool.madeSafe
        self.source = source?.madeSafe
        self.evidence = evidence.madeSafe
    }

    private static func flux(_ labels: [String: String]) -> ObjectOwner? {
        for (prefix, kind) in [
            ("kustomize.toolkit.fluxcd.io", "Kustomization"), ("helm.toolkit.fluxcd.io", "HelmRelease"),
        ] {
            guard let name = labels["\(prefix)/name"] else { continue }
            let namespace = labels["\(prefix)/namespace"].map { "\($0)/" } ?? ""
            return ObjectOwner(fluxName, "\(kind) \(namespace)\(name)", evidence: "label \(prefix)/name")
        }
        return nil
    }

    private static func argoCD(_ labels: [String: String], _ annotations: [String: String]) -> ObjectOwner? {
        let tracking = "argocd.argoproj.io/tracking-id"
        if let id = annotations[tracking] {
            // application:group/kind:namespace/name
            return ObjectOwner(argoName, "application \(id.prefix { $0 != ":" })", evidence: "annotation \(tracking)")
        }
        let instance = "argocd.argoproj.io/instance"
        if let name = labels[instance] {
            return ObjectOwner(argoName, "application \(name)", evidence: "label \(instance)")
        }
        return nil
    }

    private static func helm(_ labels: [String: String], _ annotations: [String: String]) -> ObjectOwner? {
        let release = "meta.helm.sh/release-name"
        if let name = annotations[release] {
            let namespace = annotations["meta.helm.sh/release-namespace"].map { "\($0)/" } ?? ""
            return ObjectOwner(helmName, "release \(namespace)\(name)", evidence: "annotation \(release)")
        }
        guard labels[managedBy] == helmName else { return nil }
        return ObjectOwner(helmName, evidence: "label \(managedBy)")
    }

    /// Names under which the tools write.
    private static let managers = [
        "argocd-controller": argoName, "argocd-application-controller": argoName, "kustomize-controller": fluxName,
        "helm-controller": fluxName, "helm": helmName,
    ]

    private static func manager(of metadata: JSONValue) -> ObjectOwner? {
        for entry in metadata["managedFields"]?.arrayValue ?? [] {
            guard let name = entry["manager"]?.stringValue, let tool = managers[name] else { continue }
            return ObjectOwner(tool, evidence: "field manager \(name)")
        }
        return nil
    }

    /// Any other tool that says so by the label that all of them share.
    private static func label(_ labels: [String: String]) -> ObjectOwner? {
        guard let value = labels[managedBy], !value.isEmpty, !["kubectl", "meshtop"].contains(value) else { return nil }
        return ObjectOwner(value, evidence: "label \(managedBy)")
    }
}
