import MeshState

/// Chooses what a new service entry begins with: a template, or one that was begun before.
struct TemplateMenu: Menu {
    private enum Item: Sendable {
        case draft(Draft)
        case template(EntryTemplate)

        var title: String {
            switch self {
            case .draft(let draft): "Go on: \(draft.title)"
            case .template(let template): template.title
            }
        }

        var help: String {
            switch self {
            case .draft: "Written before and not applied"
            case .template(let template): template.help
            }
        }
    }

    private let items: [Item]
    private var index = 0
    let scope = KeyScope.menu

    init(drafts: [Draft]) {
        items = drafts.map { .draft($0) } + EntryTemplate.all.map { .template($0) }
    }

    mutating func move(_ move: Move, _ model: inout AppModel) {
        index = min(max(0, move.target(from: index, visible: items.count, count: items.count)), items.count - 1)
    }

    func choose(_ model: inout AppModel) -> [Effect] {
        switch items[index] {
        case .draft(let draft): model.open(draft)
        case .template(let template): model.openForm(template)
        }
        return []
    }

    func draw(on canvas: inout Canvas, _ model: AppModel) {
        let lines = items.map { (left: $0.title, right: CellText("")) }
        Popup.menu("New service entry", lines, marked: index, remark: items[index].help, in: model.size, on: &canvas)
    }
}
