import MeshState

/// Lines of cells as a plain table; the first line holds the titles.
public func tableText(_ lines: [[String]]) -> String {
    Table.text(lines, alignments: (lines.first ?? []).map { _ in Alignment.left })
}

enum Table {
    /// Cells in columns that are as wide as their widest cell and three blanks apart.
    static func text(_ lines: [[String]], alignments: [Alignment]) -> String {
        var widths: [Int] = []
        return text(lines, alignments: alignments, widths: &widths)
    }

    /// Cells in columns at least as wide as `widths`, which grow where a cell needs it.
    static func text(_ lines: [[String]], alignments: [Alignment], widths: inout [Int]) -> String {
        widths += alignments.dropFirst(widths.count).map { _ in 0 }
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
