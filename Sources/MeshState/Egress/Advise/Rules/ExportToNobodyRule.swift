/// An object is exported to namespaces that do not exist, or in which nobody is.
struct ExportToNobodyRule: AdviceRule {
    let name = "export-to-nobody"

    func findings(in context: AdviceContext) -> [Advice] {
        guard let known = context.namespaces else { return [] }
        let objects =
            context.entries.map { ($0.id, $0.exportTo) } + context.mesh.virtualServices.map { ($0.id, $0.exportTo) }
            + context.mesh.destinationRules.map { ($0.id, $0.exportTo) }
        return objects.flatMap { key, exportTo in
            exportTo.enumerated().compactMap { index, target -> Advice? in
                guard !["*", ".", "~"].contains(target), !known.contains(target) else { return nil }
                return Advice(
                    rule: name, object: key, field: "spec.exportTo[\(index)]",
                    message: "it is exported to the namespace \(target), which does not exist",
                    why: "Istio does not check that the namespaces in exportTo exist; a proxy that is in none of them "
                        + "does not see the object",
                    remedy: "correct the name (the namespaces are \(AdviceContext.words(known.sorted()))), or remove it"
                )
            }
        }
    }
}
