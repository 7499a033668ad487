/// What can be changed while the console runs: each change shows at once, and the configuration file is only written
/// when asked to.
struct OptionsLayer: Layer {
    private var index = 0
    let scope = KeyScope.options

    private var option: LiveOption { LiveOption.all[index] }

    mutating func move(_ move: Move) {
        let count = LiveOption.all.count
        index = min(max(0, move.target(from: index, visible: count, count: count)), count - 1)
    }

    /// Gives the marked option its next value, or the one before.
    func change(by step: Int, _ model: inout AppModel) -> [Effect] {
        let values = option.values(model)
        guard !values.isEmpty else { return [] }
        let present = values.firstIndex(of: option.value(model)) ?? (step > 0 ? -1 : 0)
        return option.set(&model, values[(present + step + values.count) % values.count])
    }

    func draw(on canvas: inout Canvas, _ model: AppModel) {
        let lines = LiveOption.all.map { option in
            (left: option.title, right: CellText("\(option.value(model))", .prompt))
        }
        Popup.menu(
            "Options", lines, marked: index, remark: option.setting.help, in: model.size, on: &canvas)
    }
}

/// A setting that takes effect while the console runs.
struct LiveOption: Sendable {
    let setting: Setting
    let title: String
    let value: @Sendable (AppModel) -> String
    /// The values to choose from.
    let values: @Sendable (AppModel) -> [String]
    let set: @Sendable (inout AppModel, String) -> [Effect]

    static let all: [LiveOption] = [
        LiveOption(
            setting: .interval, title: "Interval in s", value: { Numbers.plain($0.interval) },
            values: { model in
                (KeyTable.intervals.contains(model.interval) ? [] : [Numbers.plain(model.interval)])
                    + KeyTable.intervals.map(Numbers.plain)
            },
            set: { model, text in
                guard case .seconds(let seconds)? = Setting.interval.value(of: text) else { return [] }
                model.interval = seconds
                return [.setInterval(seconds)]
            }),
        LiveOption(
            setting: .theme, title: "Theme", value: { $0.preferences.theme.name },
            values: { $0.surroundings.themes.map(\.name) },
            set: { model, name in
                guard let theme = model.surroundings.themes.first(where: { $0.name == name }) else {
                    return [.loadTheme(name)]
                }
                model.preferences.theme = theme
                return []
            }),
        LiveOption(
            setting: .color, title: "Colours", value: { $0.preferences.color.rawValue },
            values: { _ in ColorChoice.allCases.map(\.rawValue) },
            set: { model, text in
                model.preferences.color = ColorChoice(rawValue: text) ?? .auto
                return []
            }),
        LiveOption(.ascii, "ASCII alone", \.ascii) { _ in [] },
        LiveOption(.mouse, "Mouse", \.mouse) { [.setMouse($0)] },
    ]
}

extension LiveOption {
    /// One that is on or off.
    private init(
        _ setting: Setting, _ title: String, _ path: any WritableKeyPath<Preferences, Bool> & Sendable,
        effects: @escaping @Sendable (Bool) -> [Effect]
    ) {
        self.init(
            setting: setting, title: title, value: { $0.preferences[keyPath: path] ? "on" : "off" },
            values: { _ in ["off", "on"] },
            set: { model, text in
                model.preferences[keyPath: path] = text == "on"
                return effects(text == "on")
            })
    }
}

extension AppModel {
    /// What the options are now, by the names of their settings, as a configuration file has them.
    var options: [String: String] {
        Dictionary(uniqueKeysWithValues: LiveOption.all.map { option in
            let text = option.value(self)
            return (option.setting.key, option.setting.value(of: text)?.text ?? text)
        })
    }

    /// Has the options that were changed since the start written to the configuration file.
    mutating func writeOptions() -> [Effect] {
        let changed = options.filter { savedOptions[$0.key] != $0.value }
        guard !changed.isEmpty else {
            say("No option has changed since the start")
            return []
        }
        savedOptions = options
        return [.writeSettings(changed)]
    }
}
