import MeshState

/// Something that is wrong with a form, and where.
struct FormProblem: Sendable, Hashable {
    /// nil where it is the entry as a whole.
    var place: FormPlace?
    var isError: Bool
    var text: String

    var cell: CellText {
        CellText("\(isError ? Glyph.failed.text : Glyph.warning.text) \(text)", isError ? .error : .warn)
    }
}

extension FormModel {
    /// What is wrong, by what can be read of each field and then by the rules of a release of Istio.
    func problems(version: IstioVersion) -> [FormProblem] {
        var problems = places.compactMap { place in
            self[place]?.problem.map { FormProblem(place: place, isError: true, text: $0) }
        }
        problems += doubledLabels
        let unread = Set(problems.compactMap(\.place))
        let (object, written) = built()
        for problem in ManifestCheck.problems(in: object, version: version) {
            // That some rules could not be tried says nothing that the other problems do not.
            if problem.path == "<nil>" { continue }
            let place = place(of: problem.path, written: written)
            if let place, unread.contains(place) { continue }
            let text = place == nil && !problem.path.isEmpty ? "\(problem.path): \(problem.message)" : problem.message
            let found = FormProblem(place: place, isError: problem.severity == .error, text: text.madeSafe)
            if !problems.contains(found) { problems.append(found) }
        }
        if isNew, object["metadata"]?["namespace"]?.stringValue?.isEmpty != false {
            problems.append(
                FormProblem(place: FormPlace(section: .namespace), isError: true, text: "a namespace is needed"))
        }
        return problems
    }

    /// A label can stand in a selector once.
    private var doubledLabels: [FormProblem] {
        var seen: Set<String> = []
        return (rows[.workloadSelector] ?? []).enumerated().compactMap { index, row in
            let key = row.cells[0].text
            guard !row.isBlank(FormSection.workloadSelector.columns), !seen.insert(key).inserted else { return nil }
            return FormProblem(
                place: FormPlace(section: .workloadSelector, row: index), isError: true, text: "stands here twice")
        }
    }
}
