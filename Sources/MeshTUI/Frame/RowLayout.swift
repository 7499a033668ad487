/// Where the columns of a pane's rows stand on the screen.
struct RowLayout: Sendable {
    /// A piece of a line: a column or the fixed text between two of them.
    struct Piece: Sendable, Hashable {
        var element: Element
        /// Counted from the left edge of the pane's inside, before scrolling sideways.
        var start: Int
        var width: Int
    }

    private(set) var lines: [[Piece]] = []
    /// As far as the rows can be scrolled to the left.
    private(set) var mostSideways = 0

    /// Scrolled sideways, columns are as wide as their text needs and the wide ones follow; otherwise they share the room
    /// that there is.
    init(pane: any Pane, box: PaneBox, state: PaneState) {
        let room = box.inside.width
        let arrangement = box.arrangement
        let columns = Dictionary(uniqueKeysWithValues: pane.columns.map { ($0.id, $0) })
        for (index, elements) in arrangement.lines.enumerated() {
            let indent = index == 0 ? 0 : arrangement.indent
            var natural = elements
            if index == 0 {
                let used = arrangement.lines.joined()
                natural += pane.columns.map { Element.column($0.id) }.filter { !used.contains($0) }
            }
            func width(_ element: Element) -> Int {
                switch element {
                case .column(let id): state.widths[id] ?? 0
                case .text(let text): text.columns
                }
            }
            let whole = Self.place(natural, widths: natural.map(width), from: indent)
            mostSideways = max(mostSideways, (whole.last.map { $0.start + $0.width } ?? 0) - room)
            if state.sideways > 0 {
                lines.append(whole)
            } else {
                let fitted = Self.fit(elements, widths: elements.map(width), columns: columns, room: room - indent)
                lines.append(Self.place(elements, widths: fitted, from: indent))
            }
        }
        mostSideways = max(0, mostSideways)
    }

    /// One blank between columns, none beside fixed text.
    private static func place(_ elements: [Element], widths: [Int], from indent: Int) -> [Piece] {
        var pieces: [Piece] = []
        var start = indent
        for (index, element) in elements.enumerated() {
            if index > 0, isColumn(element), isColumn(elements[index - 1]) { start += 1 }
            pieces.append(Piece(element: element, start: start, width: widths[index]))
            start += widths[index]
        }
        return pieces
    }

    private static func isColumn(_ element: Element) -> Bool {
        if case .column = element { return true }
        return false
    }

    /// Takes from the widest of the columns that give way until all fit, or gives what is left to the one that grows.
    private static func fit(_ elements: [Element], widths: [Int], columns: [String: Column], room: Int) -> [Int] {
        var widths = widths
        func column(_ index: Int) -> Column? {
            if case .column(let id) = elements[index] { return columns[id] }
            return nil
        }
        let gaps = elements.indices.dropFirst().count { isColumn(elements[$0]) && isColumn(elements[$0 - 1]) }
        var spare = room - gaps - widths.reduce(0, +)
        while spare < 0 {
            let giving = elements.indices.filter { index in column(index)?.minimum.map { widths[index] > $0 } ?? false }
            guard let widest = giving.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            spare += 1
        }
        if spare > 0, let growing = elements.indices.first(where: { column($0)?.grows == true }) {
            widths[growing] += spare
        }
        return widths
    }
}
