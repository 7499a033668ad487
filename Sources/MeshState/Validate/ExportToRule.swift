/// To whom an object may be exported: rule 34 of ServiceEntries, and the same for other kinds.
enum ExportToRule {
    enum Subject {
        /// May be hidden from everybody, by a lone `~`.
        case serviceEntry
        case other
        /// A DestinationRule for chosen workloads holds in its own namespace alone.
        case destinationRuleWithSelector
    }

    /// What is wrong with an object's `exportTo`.
    static func errors(
        _ exportTo: [String], namespace: String, of subject: Subject, in version: IstioVersion
    ) -> [String] {
        if version < IstioVersion(1, 1) || exportTo.isEmpty { return [] }
        return version < IstioVersion(1, 7) ? early(exportTo) : current(exportTo, namespace, subject)
    }

    private static func current(_ exportTo: [String], _ namespace: String, _ subject: Subject) -> [String] {
        var errors: [String] = []
        var seen: Set<String> = []
        for value in exportTo {
            let key = value == "." ? namespace : value
            if seen.contains(key) {
                errors.append(
                    key == value
                        ? "duplicate entries in exportTo for entry \(value)"
                        : "duplicate entries in exportTo: . and current namespace \(namespace)")
            } else if value == "~", subject != .serviceEntry {
                errors.append("exportTo ~ (none) is not allowed for Istio configuration objects")
            } else if value == "~" || value == "." || key == "*" || Names.isLabel(key) {
                seen.insert(key)
            } else {
                errors.append("only .,*, or a valid DNS 1123 label is allowed as exportTo entry")
            }
        }
        if subject == .destinationRuleWithSelector, !seen.isEmpty {
            let what = "destination rule with workload selector cannot have"
            if !seen.contains(namespace) {
                errors.append("\(what) exportTo beyond current namespace")
            } else if seen.count > 1 {
                errors.append("\(what) multiple entries in exportTo")
            }
        }
        if seen.contains("*"), exportTo.count > 1 {
            errors.append("cannot have both public (*) and non-public exportTo values for a resource")
        }
        if seen.contains("~"), exportTo.count > 1 {
            errors.append("cannot export service entry to no one (~) and someone")
        }
        return errors
    }

    /// Before 1.7 there was one value, `.` or `*`.
    private static func early(_ exportTo: [String]) -> [String] {
        if exportTo.count > 1 { return ["exportTo should have only one entry (. or *) in the current release"] }
        return exportTo.allSatisfy { $0 == "." || $0 == "*" }
            ? [] : ["only . or * is allowed in the exportTo in the current release"]
    }
}
