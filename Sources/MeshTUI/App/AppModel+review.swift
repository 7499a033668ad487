import MeshState

extension AppModel {
    /// Puts a change before the operator, and asks for what there is to know about it.
    mutating func propose(
        _ request: ChangeRequest, row: RowID, goal: ChangeProgress.Goal, lead: String, base: JSONValue?
    ) -> [Effect] {
        review([ProposedChange(request: request, row: row, pane: focus, goal: goal, base: base)], lead: lead)
    }

    /// Opens the one dialog that every change goes through. A deletion needs the name typed, several changes their
    /// number.
    ///
    /// - Parameter name: what has to be typed for a deletion, where it is not the object's name.
    mutating func review(
        _ changes: [ProposedChange], title: String? = nil, lead: String, name: String? = nil
    ) -> [Effect] {
        var changes = changes
        if changes.count > 1 { for index in changes.indices { changes[index].isOneOfMany = true } }
        let review = Review(changes, in: latest)
        var proof: ConfirmDialog.Proof?
        let isDeletion = changes.first.map { $0.request.object == nil } ?? false
        if changes.count > 1 {
            proof = ConfirmDialog.Proof(prompt: "Type how many:", expected: String(changes.count))
        } else if isDeletion {
            proof = ConfirmDialog.Proof(prompt: "Type the name:", expected: name ?? changes[0].request.target.name)
        }
        let title = title ?? changes.first?.request.summary.capitalizedFirst ?? ""
        let label = isDeletion ? "Delete" : "Apply"
        layers.append(ConfirmDialog(title: title, lead: lead, review: review, applyLabel: label, proof: proof))
        return review.effects
    }

    /// Gives what was found out to the dialog that asked for it.
    mutating func review(_ id: Int, _ change: (inout Review) -> Void) {
        for index in layers.indices {
            guard var dialog = layers[index] as? ConfirmDialog else { continue }
            dialog.take(id, change)
            dialog.refresh(self)
            layers[index] = dialog
        }
    }

    /// Gives objects that were read to whoever asked for them.
    mutating func take(_ readings: [ObjectKey: ObjectReading], for id: Int) {
        review(id) { $0.take(readings) }
        for index in layers.indices {
            guard var layer = layers[index] as? ConflictLayer, layer.change.request.id == id,
                let reading = readings[layer.change.request.target]
            else { continue }
            layer.take(reading)
            layer.refresh(self)
            layers[index] = layer
        }
    }

    /// The object of a change's target as the mesh was shown.
    func entryObject(_ key: ObjectKey) -> JSONValue? { shown?.entries.first { $0.id == key }?.entry.object }

    /// Sends changes that the operator has confirmed. What they were written in is closed; a draft of it stays until
    /// the API has taken them.
    mutating func send(_ changes: [ProposedChange]) -> [Effect] {
        guard !isReadOnly else {
            say("changes are locked", isError: true)
            return []
        }
        var effects: [Effect] = []
        for change in changes {
            if case .form(let draft) = change.origin {
                layers.removeAll { ($0 as? FormLayer)?.draftID == draft.id }
                effects += keep(draft)
            }
            layers.removeAll { ($0 as? ConflictLayer)?.change.row == change.row }
            progress[change.row] = ChangeProgress(change: change, now: now, snapshot: latest)
        }
        if changes.count > 1 { layers.append(ResultsLayer(changes)) }
        let requests = changes.map(\.request)
        return effects + (requests.count > 1 ? [.applyTogether(requests)] : requests.map { .apply($0) })
    }

    /// Takes in the API's answer to a change.
    mutating func finish(_ request: ChangeRequest, _ result: ChangeResult) -> [Effect] {
        let change = progress.values.first { $0.request.id == request.id }?.change
        if let change { progress[change.row]?.answer(result, snapshot: latest, now: now) }
        for index in layers.indices {
            guard var layer = layers[index] as? ResultsLayer else { continue }
            layer.take(request.id, result)
            layers[index] = layer
        }
        switch result {
        case .done(_, let warnings):
            if request.verb == .create, request.target.kind == ServiceEntry.kind { arrival = .object(request.target) }
            say(
                warnings.isEmpty
                    ? "Done: \(request.summary)" : "Done: \(request.summary). \(warnings.joined(separator: "; "))")
            return change.map { forget($0.origin) } ?? []
        case .failed(let message, let isConflict):
            say("Failed: \(request.summary): \(message)", isError: true)
            guard let change, !change.isOneOfMany else { return [] }
            return isConflict ? openConflict(change) : reopen(change, refusal: message)
        }
    }

    private mutating func openConflict(_ change: ProposedChange) -> [Effect] {
        present(ConflictLayer(change))
        return [.read(id: change.request.id, [change.request.target])]
    }

    /// Opens what the change was written in again, with the API's words.
    private mutating func reopen(_ change: ProposedChange, refusal: String) -> [Effect] {
        switch change.origin {
        case .row, .file: return []
        case .form(let draft):
            present(FormLayer(draft.form, draft: draft.id, refusal: refusal, self))
            return []
        case .editor(var job, _):
            // Whoever is in the middle of something else is not thrown out of it; the file is there.
            guard layers.isEmpty else { return [] }
            job.problems = [refusal]
            return [.edit(job)]
        }
    }

    /// Shows a layer that nobody asked for just now: below what the operator is doing.
    private mutating func present(_ layer: any Layer) {
        if layers.isEmpty { layers.append(layer) } else { layers.insert(layer, at: 0) }
    }

    /// Removes what was kept of a change that is made, or given up.
    mutating func forget(_ origin: ProposedChange.Origin) -> [Effect] {
        switch origin {
        case .row, .file: return []
        case .form(let draft): return discard(draft.id)
        case .editor(let job, let file):
            return [.removeEdited(file: file)] + (job.draft.map { discard($0) } ?? [])
        }
    }
}

extension String {
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
