import MeshState

extension KeyTable {
    /// When somebody else changed the same object.
    static let conflictKeys: [KeyBinding] = [
        KeyBinding(
            "merge", [.character("m")], in: [.conflict], .change, hint: "merge",
            "Bring both changes together and review the result", reason: cannotMerge
        ) { $0.mergeConflict() },
        KeyBinding(
            "other side", [.character(" "), .left, .right, .tab], in: [.conflict], .change, hint: "other side",
            "Take the other side's value for the marked field", reason: hasNoConflict
        ) { model in
            model.withTop(ConflictLayer.self) { layer, _ in layer.chooseOther() }
            return []
        },
        KeyBinding(
            "overwrite", [.character("o")], in: [.conflict], .change, hint: "overwrite",
            "Put yours in the place of theirs, after a new review", reason: isNotRead
        ) { $0.overwriteConflict() },
        KeyBinding(
            "drop mine", [.character("d")], in: [.conflict], .change, hint: "drop yours",
            "Leave theirs as it is and forget yours"
        ) { $0.dropConflict() },
        KeyBinding(
            "conflict later", [.escape, .character("q")], in: [.conflict], .change, hint: "later",
            "Keep yours as an unfinished form"
        ) { $0.postponeConflict() },
    ]

    private static let isNotRead: @Sendable (AppModel) -> String? = { model in
        switch (model.layers.last as? ConflictLayer)?.theirs {
        case nil: "the object is not read yet"
        case .failed(let reason): reason
        case .absent, .object: model.isReadOnly ? "changes are locked" : nil
        }
    }

    private static let cannotMerge: @Sendable (AppModel) -> String? = { model in
        if let reason = isNotRead(model) { return reason }
        return (model.layers.last as? ConflictLayer)?.merge == nil ? "there is nothing to bring together" : nil
    }

    private static let hasNoConflict: @Sendable (AppModel) -> String? = { model in
        (model.layers.last as? ConflictLayer)?.marked == nil ? "no field was changed in two ways" : nil
    }
}

extension AppModel {
    mutating func mergeConflict() -> [Effect] {
        guard let layer = layers.last as? ConflictLayer, let merge = layer.merge else { return [] }
        return resolve(layer, action: .replace(merge.merged), lead: "Both changes together:")
    }

    mutating func overwriteConflict() -> [Effect] {
        guard let layer = layers.last as? ConflictLayer else { return [] }
        let action: ChangeRequest.Action
        switch (layer.change.request.object, layer.theirObject) {
        case (nil, let theirs):
            action = .delete(resourceVersion: theirs?["metadata"]?["resourceVersion"]?.stringValue)
        case (let mine?, nil): action = .create(mine.withoutServerFields)
        case (let mine?, let theirs?):
            var object = mine.withoutServerFields
            for key in ["resourceVersion", "uid"] {
                if let value = theirs["metadata"]?[key] { object["metadata"]?[key] = value }
            }
            action = .replace(object)
        }
        return resolve(layer, action: action, lead: "In the place of what somebody else wrote:")
    }

    /// Reviews a way out; the conflict stays below until it is applied.
    private mutating func resolve(_ layer: ConflictLayer, action: ChangeRequest.Action, lead: String) -> [Effect] {
        var change = layer.change
        lastRequest += 1
        change.request.id = lastRequest
        change.request.action = action
        change.base = layer.theirObject
        return review([change], lead: lead)
    }

    mutating func dropConflict() -> [Effect] {
        guard let layer = layers.last as? ConflictLayer else { return [] }
        layers.removeLast()
        progress[layer.change.row] = nil
        say("Dropped: \(layer.change.request.summary); it is as somebody else left it")
        return forget(layer.change.origin)
    }

    mutating func postponeConflict() -> [Effect] {
        guard let layer = layers.last as? ConflictLayer else { return [] }
        layers.removeLast()
        let change = layer.change
        switch change.origin {
        case .form(let draft): return keep(draft)
        case .editor(_, let file):
            say("Kept in \(file)")
            return []
        case .file(let file):
            say("Dropped: \(change.request.summary); what you wrote is in \(file)")
            return []
        case .row:
            guard change.request.target.kind == ServiceEntry.kind, let base = change.base,
                let mine = change.request.object
            else { return [] }
            let form = FormModel(editing: base, target: change.request.target, frame: mine)
            return keep(
                Draft(id: Draft.makeID(change.request.target, at: now), context: contextName, time: now, form: form))
        }
    }
}
