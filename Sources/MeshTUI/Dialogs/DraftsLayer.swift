import FoundationEssentials
import MeshState

/// Offers forms that were left half written.
struct DraftsLayer: Layer {
    private(set) var drafts: [Draft]
    /// The entry that was to be edited when a draft of it was found.
    let entry: ObjectKey?
    private var index = 0
    let scope = KeyScope.drafts

    init(_ drafts: [Draft], entry: ObjectKey? = nil) {
        self.drafts = drafts.sorted { ($1.time, $0.id) < ($0.time, $1.id) }
        self.entry = entry
    }

    var chosen: Draft? { drafts.indices.contains(index) ? drafts[index] : nil }

    mutating func refresh(_ model: AppModel) {
        drafts = drafts.filter { draft in model.drafts.contains { $0.id == draft.id } }
        index = min(index, max(0, drafts.count - 1))
    }

    mutating func move(_ move: Move) {
        index = min(max(0, move.target(from: index, visible: drafts.count, count: drafts.count)), drafts.count - 1)
    }

    func draw(on canvas: inout Canvas, _ model: AppModel) {
        let lead = "Written and not applied; nothing of it is in the mesh:"
        let lines = drafts.map { draft in
            "\(draft.title), \(WallClock.age(max(0, model.now.timeIntervalSince(draft.time)))) ago"
        }
        let width = max(lead.columns, lines.map(\.columns).max() ?? 0) + 4
        let isSmall = model.size.rows < 10
        let area = Popup.area(width: width, height: lines.count + (isSmall ? 2 : 4), in: model.size)
        var inside = Popup.frame(area, title: "Unfinished forms", on: &canvas)
        if !isSmall {
            canvas.put(
                lead.truncated(to: inside.width), column: inside.column, row: inside.row, width: inside.width,
                look: Look(.dim))
            inside.row += 2
            inside.height -= 2
        }
        let top = max(0, index - inside.height + 1)
        for (offset, line) in lines.dropFirst(top).prefix(max(0, inside.height)).enumerated() {
            let text = line.truncated(to: inside.width).padded(to: inside.width)
            let look = top + offset == index ? Look(.selection, .reverse) : Look()
            canvas.put(text, column: inside.column, row: inside.row + offset, width: inside.width, look: look)
        }
    }
}
