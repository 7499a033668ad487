import FoundationEssentials
import MeshState

@testable import MeshTUI

extension FrameScene {
    /// The form, and what is left of it.
    static let edits: [FrameScene] =
        [
            FrameScene("form", .entries, "e"),
            FrameScene("form-error", .entries, "e<Down><Down><C-u>99999"),
            FrameScene("form-invalid", .entries, "jje"),
            FrameScene("form-refused", .entries, "e<Enter>b.com<C-s>") { model in
                let request = try model.press("y").applied.first.needed("a change")
                _ = update(&model, .changeFinished(request, .failed(message: "denied by policy", isConflict: false)))
            },
            FrameScene("form-end", .entries, "e" + String(repeating: "<PgDn>", count: 20)),
            FrameScene("form-review", .entries, "e<Enter>mine.cnn.com<C-s>"),
            FrameScene("form-leave", .entries, "ex<Esc>"),
            FrameScene("templates", .entries, "A"),
            FrameScene("drafts", .entries) { model in try offerDrafts(&model) },
            FrameScene("drafts-discard", .entries) { model in
                try offerDrafts(&model)
                model.press("d")
            },
            FrameScene("drafts-in-templates", .entries) { model in
                try offerDrafts(&model)
                model.press("<Esc>A")
            },
        ]
        + EntryTemplate.all.indices.map { index in
            FrameScene(
                "form-new-\(EntryTemplate.all[index].id)", .entries,
                "A" + String(repeating: "j", count: index) + "<Enter>")
        }

    /// Two forms that were left half written.
    private static func offerDrafts(_ model: inout AppModel) throws {
        var other = World.model(focus: .entries)
        other.press("ex<Esc>yA<Enter>api.example.com")
        _ = update(&other, .hangUp)
        guard other.drafts.count == 2 else { throw SceneError("two drafts") }
        _ = update(&model, .drafts(other.drafts))
    }

    /// Menus and texts that lie over the panes.
    static let choices: [FrameScene] = [
        FrameScene("help", .blocked, "?"),
        FrameScene("help-reasons", .connections, "?"),
        FrameScene("help-search", .connections, "?sort"),
        FrameScene("help-nothing", .connections, "?xyzzy"),
        FrameScene("help-in-text", .entries, "y?"),
        FrameScene("help-in-dialog", .blocked, "a?"),
        FrameScene("sort-menu", .connections, "sjj"),
        FrameScene("jump", .entries, "J", mesh: World.whole),
        FrameScene("theme-picker") { model in
            _ = update(&model, .surroundings(World.surroundings))
            model.press("Tj")
        },
        FrameScene("options") { model in
            _ = update(&model, .surroundings(World.surroundings))
            model.press("ojj")
        },
        FrameScene("info") { model in
            model.press(":info<Enter>")
            _ = update(&model, .surroundings(World.surroundings))
        },
    ]

    /// Lines that are typed.
    static let prompts: [FrameScene] = [
        FrameScene("filter-prompt-empty", .connections, "/"),
        FrameScene("filter-prompt", .blocked, "/goo|mysql !8443"),
        FrameScene("filter-problem", .blocked, "/~[a"),
        FrameScene("filter-completion", .blocked, "/from:<Tab>"),
        FrameScene("search-prompt", .entries, "y/port"),
        FrameScene("search", .entries, "y/number<Enter>n"),
        FrameScene("search-nothing", .entries, "y/nowhere<Enter>"),
        FrameScene("command-line-empty", .blocked, ":"),
        FrameScene("command-line", .blocked, ":int"),
        FrameScene("command-line-unknown", .blocked, ":intx"),
        FrameScene("command-mistake", .blocked, ":intx<Enter>"),
        FrameScene("command-history", .blocked, ":interval 2<Enter>:<Up>"),
        FrameScene("command-completion") { model in
            _ = update(&model, .surroundings(World.surroundings))
            model.press(":theme <Tab><Tab>")
        },
        FrameScene("command-contexts") { model in
            _ = update(&model, .surroundings(World.surroundings))
            model.press(":ctx <Tab><Tab>")
        },
    ]
}
