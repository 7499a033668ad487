import FoundationEssentials
import MeshState

// MARK: - Forms

extension AppModel {
    /// Opens the form for the selected entry, or what was begun of it before.
    mutating func openForm() -> [Effect] {
        guard let (row, snapshot) = selection else { return [] }
        let entry = snapshot.entries[row.index].entry
        let begun = ownDrafts.filter { $0.form.target == entry.id }
        if begun.isEmpty { edit(entry) } else { layers.append(DraftsLayer(begun, entry: entry.id)) }
        return []
    }

    private mutating func edit(_ entry: ServiceEntry) {
        do throws(ChangeRefusal) {
            let form = FormModel(editing: try EntrySwitch.changeable(entry), target: entry.id)
            layers.append(FormLayer(form, draft: Draft.makeID(entry.id, at: now), self))
        } catch {
            say("e: \(error.reason)", isError: true)
        }
    }

    /// Opens the list of templates, with new entries on top that were begun before.
    mutating func openTemplates() -> [Effect] {
        layers.append(TemplateMenu(drafts: ownDrafts.filter(\.form.isNew)))
        return []
    }

    mutating func openForm(_ template: EntryTemplate) {
        let form = FormModel(template, namespace: namespaceOfNew)
        layers.append(FormLayer(form, draft: Draft.makeID(nil, at: now), self))
    }

    /// Changes the form on top.
    mutating func changeForm(_ change: (inout FormModel) -> Void) -> [Effect] {
        withTop(FormLayer.self) { $0.change($1, change) }
        return []
    }

    mutating func moveInForm(_ step: Int, pages: Bool = false) -> [Effect] {
        withTop(FormLayer.self) { pages ? $0.movePages(step, $1) : $0.moveLines(step, $1) }
        return []
    }

    /// Reviews what the form on top makes of the entry.
    mutating func reviewForm() -> [Effect] {
        guard let layer = layers.last as? FormLayer else { return [] }
        guard layer.errors == 0 else {
            say("\(Words.count(layer.errors, "error")) to correct first", isError: true)
            return []
        }
        let draft = layer.draft(at: now, context: contextName)
        guard let change = proposal(
            layer.form.built().object, target: layer.form.target, base: layer.form.base, origin: .form(draft))
        else { return [] }
        return review([change], lead: "")
    }

    /// The change that makes an object what was written; nil, with a message, where nothing is different.
    private mutating func proposal(
        _ object: JSONValue, target: ObjectKey?, base: JSONValue?, origin: ProposedChange.Origin
    ) -> ProposedChange? {
        var object = object
        lastRequest += 1
        let request: ChangeRequest
        let goal: ChangeProgress.Goal
        if let target, let base {
            guard object.withoutServerFields != base.withoutServerFields else {
                say("Nothing is different from what was read")
                return nil
            }
            for key in ["resourceVersion", "uid"] {
                if let value = base["metadata"]?[key] { object["metadata"]?[key] = value }
            }
            request = ChangeRequest(
                id: lastRequest, target: target, action: .replace(object), summary: "change \(target.name)")
            goal = .changed(target)
        } else {
            let metadata = object["metadata"]
            let key = ObjectKey(
                kind: ServiceEntry.kind, namespace: metadata?["namespace"]?.stringValue ?? "",
                name: metadata?["name"]?.stringValue ?? "")
            request = ChangeRequest(id: lastRequest, target: key, action: .create(object), summary: "add \(key.name)")
            goal = .changed(key)
        }
        return ProposedChange(
            request: request, row: .object(request.target), pane: .entries, goal: goal, base: base, origin: origin)
    }

    /// Leaves the form; what is written in it is kept, after a question.
    mutating func leaveForm() -> [Effect] {
        guard let layer = layers.last as? FormLayer else { return [] }
        guard layer.form.isChanged else {
            layers.removeLast()
            return discard(layer.draftID)
        }
        layers.append(
            ConfirmDialog(
                title: "Leave the form",
                lead: "",
                body: [CellText("Nothing has been applied. What you wrote is kept and offered again: by e, by A and at the next start.")],
                applyLabel: "Leave", purpose: .leaveForm))
        return []
    }

    /// Closes the form below the dialog that asked.
    mutating func closeForm() -> [Effect] {
        guard let layer = layers.last as? FormLayer else { return [] }
        layers.removeLast()
        say("Kept: \(layer.draft(at: now, context: contextName).title)")
        return keep(layer.draft(at: now, context: contextName))
    }
}

// MARK: - Drafts

extension AppModel {
    /// What open forms have to write to their drafts.
    ///
    /// - Parameter isForced: however short the last time is ago, as before the program ends.
    mutating func keepForms(isForced: Bool = false) -> [Effect] {
        var effects: [Effect] = []
        for index in layers.indices {
            guard var layer = layers[index] as? FormLayer,
                let draft = layer.keep(at: now, context: contextName, isForced: isForced)
            else { continue }
            layers[index] = layer
            effects += keep(draft)
        }
        return effects
    }

    mutating func keep(_ draft: Draft) -> [Effect] {
        drafts.removeAll { $0.id == draft.id }
        drafts.append(draft)
        return [.writeDraft(draft)]
    }

    mutating func discard(_ id: Draft.ID) -> [Effect] {
        guard drafts.contains(where: { $0.id == id }) else { return [] }
        drafts.removeAll { $0.id == id }
        refreshLayers()
        layers.removeAll { ($0 as? DraftsLayer)?.drafts.isEmpty == true }
        return [.removeDraft(id)]
    }

    /// Offers what was left half written in this mesh, as the program starts.
    mutating func offer(_ found: [Draft]) {
        drafts = found
        guard !ownDrafts.isEmpty, lock == .open else { return }
        layers.append(DraftsLayer(ownDrafts))
    }

    /// Those of this mesh.
    private var ownDrafts: [Draft] { drafts.filter { $0.context == contextName } }

    mutating func open(_ draft: Draft) { layers.append(FormLayer(draft.form, draft: draft.id, self)) }

    mutating func continueDraft() -> [Effect] {
        guard let draft = (layers.last as? DraftsLayer)?.chosen else { return [] }
        layers.removeLast()
        open(draft)
        return []
    }

    mutating func askToDiscard() -> [Effect] {
        guard let draft = (layers.last as? DraftsLayer)?.chosen else { return [] }
        layers.append(
            ConfirmDialog(
                title: "Discard the form", lead: "", body: [CellText(draft.title), CellText("It cannot be had back.")],
                applyLabel: "Discard", purpose: .discard(draft.id)))
        return []
    }

    mutating func beginAnew() -> [Effect] {
        guard let key = (layers.last as? DraftsLayer)?.entry else { return [] }
        layers.removeLast()
        if let entry = shown?.entries.first(where: { $0.id == key })?.entry { edit(entry) }
        return []
    }
}

// MARK: - The editor

extension AppModel {
    /// Opens the selected entry in the operator's editor.
    mutating func openEditor() -> [Effect] {
        guard let (row, snapshot) = selection else { return [] }
        let entry = snapshot.entries[row.index].entry
        return [.edit(EditorJob(editing: entry.object, target: entry.id, version: istioVersion))]
    }

    /// Goes on in the editor with what is written in the form, which stays below as a draft.
    mutating func openFormInEditor() -> [Effect] {
        guard let layer = layers.last as? FormLayer else { return [] }
        layers.removeLast()
        let draft = layer.draft(at: now, context: contextName)
        let text = layer.form.built().object.withoutServerFields.yamlText
        let job = EditorJob(
            target: layer.form.target, base: layer.form.base, text: text, version: istioVersion, draft: draft.id)
        return (layer.form.isChanged ? keep(draft) : []) + [.edit(job)]
    }

    /// Takes in what the editor left.
    mutating func take(_ outcome: EditorOutcome, of job: EditorJob) -> [Effect] {
        switch outcome {
        case .unchanged: say("Nothing was changed in the editor")
        case .failed(let reason): say("E: \(reason)", isError: true)
        case .gaveUp(let reason, let file): say("\(reason); what you wrote is in \(file)", isError: true)
        case .object(let object, let file):
            var job = job
            job.text = object.yamlText
            job.file = file
            guard let change = proposal(object, target: job.target, base: job.base, origin: .editor(job, file: file))
            else { return [.removeEdited(file: file)] }
            return review([change], lead: "As it was written in the editor; \(file)")
        }
        return []
    }
}
