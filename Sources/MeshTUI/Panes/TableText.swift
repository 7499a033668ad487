public import FoundationEssentials
public import MeshState

/// A pane's rows as a plain table, as kubectl prints one: no border, no colour, no blanks at the end of a line.
///
/// The columns are those of the console's pane; `wide` adds the rest. Rows come in the pane's own order.
public func tableText(pane id: PaneID, snapshot: MeshSnapshot, wide: Bool, noHeaders: Bool, now: Date) -> String {
    let pane = Panes.pane(id)
    let context = RowContext(snapshot: snapshot, now: now, medium: .table)
    let columns = pane.columns.filter { wide || !$0.isWide }
    var state = PaneState(sort: pane.defaultSort)
    state.rebuild(pane: pane, context: context, visible: 0, holding: false)
    var lines = noHeaders ? [] : [columns.map { $0.title.uppercased() }]
    lines += state.rows.map { row in
        columns.map { column in
            let text = pane.cell(column.id, of: row.index, in: context).text
            return text.isEmpty ? "-" : text
        }
    }
    return Table.text(lines, alignments: columns.map(\.alignment))
}

/// Lines of cells as a plain table; the first line holds the titles.
public func tableText(_ lines: [[String]]) -> String {
    Table.text(lines, alignments: (lines.first ?? []).map { _ in Alignment.left })
}

/// A pane's rows for scripts, in the pane's own order: one object a row.
public func records(pane id: PaneID, snapshot: MeshSnapshot) -> [JSONValue] {
    let pane = Panes.pane(id)
    let context = RowContext(snapshot: snapshot, now: snapshot.time, medium: .table)
    var state = PaneState(sort: pane.defaultSort)
    state.rebuild(pane: pane, context: context, visible: 0, holding: false)
    return state.rows.map { pane.record(of: $0.index, in: snapshot) }
}

enum Table {
    /// Cells in columns that are as wide as their widest cell and three blanks apart.
    static func text(_ lines: [[String]], alignments: [Alignment]) -> String {
        var widths = alignments.map { _ in 0 }
        for line in lines {
            for (index, text) in line.enumerated() { widths[index] = max(widths[index], text.columns) }
        }
        return lines.map { line in
            var text = ""
            for (index, cell) in line.enumerated() {
                if index > 0 { text += "   " }
                text += cell.padded(to: widths[index], alignments[index])
            }
            while text.last == " " { text.removeLast() }
            return text + "\n"
        }.joined()
    }
}

extension AppModel {
    /// What Ctrl-S writes: the rows that the pane shows, as a table with all columns and as JSON.
    func savedTexts(of pane: any Pane, in snapshot: MeshSnapshot) -> (table: String, json: String) {
        var context = context
        context.medium = .table
        let rows = self[pane.id].rows
        let head = pane.columns.map { $0.title.uppercased() }
        let lines = rows.map { row in pane.columns.map { pane.cell($0.id, of: row.index, in: context).text } }
        let documents = JSONValue.array(rows.map { pane.record(of: $0.index, in: snapshot) })
        return (
            Table.text([head] + lines, alignments: pane.columns.map(\.alignment)), documents.jsonText(indent: 2) + "\n"
        )
    }
}
