import Foundation
import MeshState
import Testing

@testable import MeshTUI

/// Whatever the product can show is in a frame: panes, dialogs and states are found in the product itself, so that a new
/// one fails here until there is a scene of it.
@Suite struct CoverageTests {
    /// What all scenes together show.
    private static func shown() throws -> Set<String> {
        var facets: Set<String> = []
        for scene in FrameScene.all { facets.formUnion(Self.facets(of: try scene.model(FrameScene.sizes[1]))) }
        return facets
    }

    @Test func everythingIsInAFrame() throws {
        let missing = try Self.needed().subtracting(Self.shown())
        #expect(missing.isEmpty, "Add scenes that show: \(missing.sorted().joined(separator: ", "))")
    }

    @Test func theProductIsFound() throws {
        let needed = try Self.needed()
        for known in ["layer FormLayer", "purpose quit", "stage flowing", "data blocked unreachable", "reason noEntry"] {
            #expect(needed.contains(known))
        }
        #expect(needed.count > 100)
    }

    // MARK: What there is

    /// Enumerations of the product whose every case has to be seen, where they are declared.
    private static let enumerations = [
        ("purpose", "Purpose", "MeshTUI/Dialogs/ConfirmDialog.swift"),
        ("prompt", "Purpose", "MeshTUI/Dialogs/PromptLayer.swift"),
        ("lock", "Lock", "MeshTUI/App/AppModel.swift"),
        ("stage", "Stage", "MeshTUI/App/ChangeProgress.swift"),
        ("answer", "Answer", "MeshTUI/App/Question.swift"),
        ("events", "Events", "MeshTUI/App/Question.swift"),
        ("foresight", "Foresight", "MeshTUI/App/ProposedChange.swift"),
        ("health", "DataState", "MeshTUI/Panes/DataState.swift"),
        ("entry", "State", "MeshState/Model/MeshSnapshot.swift"),
        ("reason", "Reason", "MeshState/Model/BlockedEgress.swift"),
        ("name source", "NameSource", "MeshState/Model/BlockedEgress.swift"),
        ("outcome", "Outcome", "MeshState/Model/ActionRecord.swift"),
        ("reading", "ObjectReading", "MeshTUI/App/ProposedChange.swift"),
    ]

    private static func needed() throws -> Set<String> {
        var needed = Set(KeyScope.allCases.map { "scope \($0.rawValue)" })
        needed.formUnion(try layers().map { "layer \($0)" })
        needed.formUnion(EgressMapPane.Way.allCases.map { "way \($0.rawValue)" })
        needed.formUnion(OutboundPolicy.allCases.filter { $0 != .allowAnyDynamicDNS }.map { "policy \($0.rawValue)" })
        needed.formUnion(FormSection.allCases.map { "form \($0.rawValue)" })
        for (facet, name, file) in enumerations {
            needed.formUnion(try cases(of: name, in: file).map { "\(facet) \($0)" })
        }
        let states = try cases(of: "DataState", in: "MeshTUI/Panes/DataState.swift") + ["connecting", "filtered"]
        for pane in Panes.all {
            needed.formUnion(["pane \(pane.id.name)", "\(TextLayer.View.details.rawValue) \(pane.id.name)"])
            let possible = pane.isFed(by: .meshtop) ? ["live", "connecting", "filtered"] : states
            needed.formUnion(possible.map { "data \(pane.id.name) \($0)" })
        }
        needed.formUnion(TextLayer.View.allCases.map { "text \($0.rawValue)" })
        return needed
    }

    private static let sources = URL(filePath: #filePath).appending(path: "../../../../Sources").standardizedFileURL

    /// The types that lie over the panes, by their declarations.
    private static func layers() throws -> [String] {
        let folder = sources.appending(path: "MeshTUI")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        let names = try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.flatMap { file in
            try String(contentsOf: file, encoding: .utf8).matches(of: /struct (\w+): (?:\w+, )*(?:\w*Layer|Menu)\b/)
                .map { String($0.1) }
        }
        #expect(names.count > 10)
        return names
    }

    /// The cases of an enumeration, by its declaration.
    private static func cases(of name: String, in file: String) throws -> [String] {
        let text = try String(contentsOf: sources.appending(path: file), encoding: .utf8)
        let start = try #require(text.firstRange(of: try Regex("enum \(name)\\b[^{]*\\{")), "\(name) in \(file)")
        var names: [String] = []
        var depth = 1
        for line in text[start.upperBound...].split(separator: "\n") {
            let code = line.drop(while: \.isWhitespace)
            if depth == 1, code.hasPrefix("case ") {
                var inside = 0
                let outer = code.dropFirst(5).filter { character in
                    if character == "(" { inside += 1 }
                    defer { if character == ")" { inside -= 1 } }
                    return inside == 0
                }
                names += outer.split(separator: ",").map { part in
                    String(part.drop(while: \.isWhitespace).prefix { $0.isLetter || $0.isNumber })
                }
            }
            depth += line.count { $0 == "{" } - line.count { $0 == "}" }
            if depth == 0 { break }
        }
        #expect(!names.isEmpty, "\(name) in \(file)")
        return names
    }

    // MARK: What is shown

    private static func name(_ value: Any) -> String {
        let mirror = Mirror(reflecting: value)
        return mirror.children.first?.label ?? "\(value)"
    }

    private static func facets(of model: AppModel) -> Set<String> {
        var facets: Set = [
            "scope \(model.scope.rawValue)", "lock \(name(model.lock))", "health \(name(model.health))",
        ]
        for box in model.layout.boxes { facets.formUnion(Self.facets(of: Panes.pane(box.id), model)) }
        for layer in model.layers { facets.formUnion(Self.facets(of: layer, model)) }
        for progress in model.progress.values { facets.insert("stage \(name(progress.stage))") }
        for (_, answer) in model.answers.values {
            facets.insert("answer \(name(answer))")
            if case .found(let findings) = answer, let events = findings.events {
                facets.insert("events \(name(events))")
            }
        }
        if let policy = model.shown?.policy { facets.insert("policy \(policy.rawValue)") }
        return facets
    }

    private static func facets(of pane: any Pane, _ model: AppModel) -> Set<String> {
        let state = model[pane.id]
        guard let shown = model.shown else { return ["data \(pane.id.name) connecting"] }
        if state.rows.isEmpty {
            return ["data \(pane.id.name) \(state.total > 0 ? "filtered" : name(state.data))"]
        }
        var facets: Set = ["pane \(pane.id.name)"]
        for row in state.rows {
            switch pane.id {
            case .entries: facets.insert("entry \(name(shown.entries[row.index].state))")
            case .blocked:
                facets.insert("reason \(name(shown.blocked[row.index].reason))")
                if let source = shown.blocked[row.index].nameSource { facets.insert("name source \(name(source))") }
            case .log: facets.insert("outcome \(name(shown.actions[row.index].outcome))")
            case .egress:
                facets.formUnion(pane.filterValues("way", of: row.index, in: shown).map { "way \($0)" })
            default: break
            }
        }
        return facets
    }

    private static func facets(of layer: any Layer, _ model: AppModel) -> Set<String> {
        var facets: Set = ["layer \(type(of: layer))"]
        switch layer {
        case let dialog as ConfirmDialog:
            facets.insert("purpose \(name(dialog.purpose))")
            if let review = dialog.review {
                facets.insert("foresight \(name(review.foresight))")
                facets.formUnion(review.readings.values.map { "reading \(name($0))" })
            }
        case let prompt as PromptLayer: facets.insert("prompt \(name(prompt.purpose))")
        case let text as TextLayer:
            facets.formUnion(["text \(text.view.rawValue)", "\(text.view.rawValue) \(text.pane.name)"])
        case let conflict as ConflictLayer: facets.formUnion(conflict.theirs.map { ["reading \(name($0))"] } ?? [])
        case let form as FormLayer: facets.formUnion(form.form.sections.map { "form \($0.rawValue)" })
        default: break
        }
        return facets
    }

    // MARK: Room

    /// No column is cut by the edge of its pane, down to the narrowest screen that such panes are made for.
    @Test(arguments: FrameScene.all) func everyColumnHasRoom(_ scene: FrameScene) throws {
        for size in FrameScene.sizes.dropLast() {
            let model = try scene.model(size)
            for box in model.layout.boxes where model[box.id].sideways == 0 {
                let layout = RowLayout(pane: Panes.pane(box.id), box: box, state: model[box.id])
                let end = layout.lines.compactMap(\.last).map { $0.start + $0.width }.max() ?? 0
                #expect(end <= box.inside.width, "\(box.id.name) at \(size.columns) columns")
            }
        }
    }

    // MARK: The keys at the bottom

    /// A key that the last line shows as one that works does something.
    @Test(arguments: FrameScene.all) func noKeyThatIsShownIsIdle(_ scene: FrameScene) throws {
        let model = try scene.model(FrameScene.sizes[1])
        if model.layers.last is PromptLayer { return }
        let before = Self.frame(model)
        for place in FooterView.places(model, in: model.layout.footer) where place.binding.reason(model) == nil {
            var after = model
            let key = place.key
            let effects = after.type(key)
            // Where nothing has arrived, or a badge takes the room, a pane cannot show that it is watched.
            let isWatched = after.current.isWatching != model.current.isWatching
            let isIdle = effects.isEmpty && Self.frame(after) == before && !isWatched
            let hasFailed = after.message?.isError == true && after.message?.text != model.message?.text
            #expect(
                !isIdle && !hasFailed,
                "\(key.label) \(place.binding.hint ?? ""): \(after.message?.text ?? "nothing happens")")
        }
    }

    private static func frame(_ model: AppModel) -> Frame {
        render(model, size: model.size, capabilities: Capabilities(colors: .trueColor, unicode: true))
    }
}
