import MeshState
import Testing

@testable import MeshTUI

/// A screen in one state, at any size: kept as golden frames at each of `sizes`, and drawn for the documents.
struct FrameScene: Sendable, CustomTestStringConvertible {
    let name: String
    private let build: @Sendable (Size) throws -> AppModel

    var testDescription: String { name }

    init(_ name: String, building build: @escaping @Sendable (Size) throws -> AppModel) {
        self.name = name
        self.build = build
    }

    /// The small mesh with a pane in focus, keys pressed, and whatever happens then.
    init(
        _ name: String, _ focus: PaneID = .blocked, _ keys: String = "",
        then: @escaping @Sendable (inout AppModel) throws -> Void = { _ in }
    ) {
        self.init(name, focus, keys, mesh: { _ in }, then: then)
    }

    /// The same of a mesh that is different.
    init(
        _ name: String, _ focus: PaneID = .blocked, _ keys: String = "",
        mesh: @escaping @Sendable (inout MeshSnapshot) -> Void,
        then: @escaping @Sendable (inout AppModel) throws -> Void = { _ in }
    ) {
        self.init(name, building: { size in
            var model = World.model(size.columns, size.rows, focus: focus, mesh)
            model.press(keys)
            try then(&model)
            return model
        })
    }

    func model(_ size: Size) throws -> AppModel { try build(size) }

    static let sizes = [(120, 40), (80, 24), (40, 10), (20, 5)].map { Size(columns: $0, rows: $1) }

    static let all: [FrameScene] = [panes, empties, states, changes, edits, objects, choices, prompts].flatMap { $0 }

    static func named(_ name: String) -> FrameScene? { all.first { $0.name == name } }
}

/// Something that a scene needs did not come about.
struct SceneError: Error {
    let what: String
    init(_ what: String) { self.what = what }
}

extension Optional {
    /// The value, which a scene cannot do without.
    func needed(_ what: String) throws -> Wrapped {
        guard let self else { throw SceneError(what) }
        return self
    }
}
