import MeshState
import Testing

@testable import MeshTUI

/// What an event changed in the model, by field, and what it wants done. A test compares all of it, so that a change that
/// nobody named is a failure.
struct Changes {
    var state: [String: String] = [:]
    var effects: [Effect] = []
}

extension AppModel {
    /// Applies an event and tells every field that has another value by then.
    mutating func changes(by event: Event) -> Changes {
        let before = fields
        let effects = update(&self, event)
        let after = fields
        var changes = Changes(effects: effects)
        for key in Set(before.keys).union(after.keys) where before[key] != after[key] {
            changes.state[key] = after[key] ?? "-"
        }
        return changes
    }

    mutating func changes(by key: Key) -> Changes { changes(by: .key(key)) }

    /// Every stored field, and those of each pane, as text. Rows are told by their names.
    private var fields: [String: String] {
        var fields: [String: String] = [:]
        for child in Mirror(reflecting: self).children {
            guard let label = child.label else { continue }
            switch child.value {
            case let panes as [PaneID: PaneState]:
                for (id, pane) in panes {
                    for field in Mirror(reflecting: pane).children {
                        fields["\(id.name).\(field.label ?? "")"] = text(of: field.value, in: id)
                    }
                }
            case let snapshot as MeshSnapshot?: fields[label] = snapshot.map { "\($0.time)" } ?? "nil"
            case let layers as [any Layer]:
                fields[label] = layers.map { layer in
                    if let dialog = layer as? ConfirmDialog { return "\(dialog.title) marked \(dialog.isApplyMarked)" }
                    return "\(Swift.type(of: layer))"
                }.joined(separator: ", ")
            case let message as Message?:
                fields[label] = message.map { ($0.isError ? "error: " : "") + $0.text } ?? "nil"
            case let progress as [RowID: ChangeProgress]:
                fields[label] = progress.values.map { "\($0.request.summary): \($0.stage)" }.sorted().joined(
                    separator: ", ")
            case let pause as Pause?: fields[label] = pause.map { "unseen \($0.unseen)" } ?? "nil"
            default: fields[label] = "\(child.value)"
            }
        }
        return fields
    }

    private func text(of value: Any, in pane: PaneID) -> String {
        func name(_ id: RowID) -> String {
            switch id {
            case .object(let key): key.name
            case .connection(let id): "\(id.proxy.pod)>\(id.cluster.host)"
            case .blocked(let id): "\(id.workload)>\(id.target):\(id.port)"
            case .proxy(let id): id.pod
            case .action(let id): "\(id)"
            }
        }
        switch value {
        case let rows as [RowRef]: return rows.map { name($0.id) }.joined(separator: " ")
        case let id as RowID?: return id.map(name) ?? "nil"
        case let filter as Filter: return filter.text
        case let changed as [RowID: Set<String>]:
            return changed.map { "\(name($0)): \($1.sorted().joined(separator: " "))" }.sorted().joined(separator: ", ")
        case let widths as [String: Int]:
            return widths.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: " ")
        default: return "\(value)"
        }
    }
}
