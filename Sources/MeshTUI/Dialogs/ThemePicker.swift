/// Chooses a theme; the screen has the look of the marked one at once, and that of before again with Esc.
struct ThemePicker: Menu {
    private let before: Theme
    private var themes: [Theme]
    private var index: Int
    let scope = KeyScope.menu

    init(_ model: AppModel) {
        before = model.preferences.theme
        themes = model.surroundings.themes
        index = 0
        if themes.isEmpty { themes = [before] }
        index = place(of: before)
    }

    private func place(of theme: Theme) -> Int { themes.firstIndex { $0.name == theme.name } ?? 0 }

    mutating func refresh(_ model: AppModel) {
        let known = model.surroundings.themes
        guard !known.isEmpty, known != themes else { return }
        themes = known
        index = place(of: model.preferences.theme)
    }

    mutating func move(_ move: Move, _ model: inout AppModel) {
        index = min(max(0, move.target(from: index, visible: themes.count, count: themes.count)), themes.count - 1)
        model.preferences.theme = themes[index]
    }

    func choose(_ model: inout AppModel) -> [Effect] {
        model.preferences.theme = themes[index]
        return []
    }

    func cancel(_ model: inout AppModel) { model.preferences.theme = before }

    func draw(on canvas: inout Canvas, _ model: AppModel) {
        let lines = themes.map { theme in
            (left: theme.name, right: CellText(theme.name == before.name ? Glyph.on.text : " ", .ok))
        }
        Popup.menu("Theme", lines, marked: index, in: model.size, on: &canvas)
    }
}
