import MeshState
import Testing

@Suite struct ObjectOwnerTests {
    /// Metadata, and the owners that it tells of.
    static let table: [(JSONValue, [String])] = [
        ([:], []),
        (["labels": ["app": "x", "app.kubernetes.io/instance": "shop"]], []),
        (["labels": ["app.kubernetes.io/managed-by": "Helm"]], ["Helm"]),
        (
            [
                "labels": ["app.kubernetes.io/managed-by": "Helm"],
                "annotations": ["meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "web"],
            ], ["Helm (release web/shop)"]
        ),
        (
            ["annotations": ["argocd.argoproj.io/tracking-id": "shop:networking.istio.io/ServiceEntry:default/cnn"]],
            ["Argo CD (application shop)"]
        ),
        (["labels": ["argocd.argoproj.io/instance": "shop"]], ["Argo CD (application shop)"]),
        (
            [
                "labels": [
                    "kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
                ]
            ], ["Flux (Kustomization flux-system/apps)"]
        ),
        (
            [
                "labels": ["helm.toolkit.fluxcd.io/name": "shop", "app.kubernetes.io/managed-by": "Helm"],
                "annotations": ["meta.helm.sh/release-name": "shop"],
            ], ["Flux (HelmRelease shop)"]
        ),
        (["managedFields": [["manager": "kubectl"], ["manager": "argocd-controller"]]], ["Argo CD"]),
        (["managedFields": [["manager": "kustomize-controller"]]], ["Flux"]),
        (["managedFields": [["manager": "helm"]]], ["Helm"]),
        (["managedFields": [["manager": "meshtop"]], "labels": ["app.kubernetes.io/managed-by": "meshtop"]], []),
        (["labels": ["app.kubernetes.io/managed-by": "Terraform"]], ["Terraform"]),
        (
            [
                "labels": ["argocd.argoproj.io/instance": "a", "kustomize.toolkit.fluxcd.io/name": "b"]
            ], ["Flux (Kustomization b)", "Argo CD (application a)"]
        ),
    ]

    @Test(arguments: table) func owners(_ metadata: JSONValue, _ expected: [String]) {
        let owners = ObjectOwner.owners(of: ["metadata": metadata])
        #expect(owners.map { $0.tool + ($0.source.map { " (\($0))" } ?? "") } == expected)
        for owner in owners { #expect(owner.warning.contains(owner.evidence)) }
    }
}
