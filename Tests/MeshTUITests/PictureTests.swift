import Foundation
import MeshState
import Testing

@testable import MeshTUI

/// The pictures of README.md and docs/: screens of the same mesh as the golden frames have. `scripts/generate` draws
/// them anew.
@Suite struct PictureTests {
    struct Scene: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var model: AppModel
        var theme = Theme.defaultDark

        init(_ name: String, _ model: AppModel) {
            testDescription = name
            self.model = model
        }
    }

    static let scenes: [Scene] =
        [
            Scene("console", World.model(120, 32, focus: .blocked)),
            Scene("allow", pressing("a", World.model(100, 26, focus: .blocked))),
            Scene("pending", allowed(World.model(100, 26, focus: .blocked))),
            Scene("toggle", pressing("t", World.model(100, 26, focus: .entries))),
            Scene("filter", pressing("/goo|mysql !8443", World.model(100, 26, focus: .blocked))),
            Scene("details", pressing(.enter, World.model(100, 26, focus: .blocked))),
            Scene("yaml", pressing("y", World.model(100, 26, focus: .entries))),
            Scene("help", pressing("?", World.model(100, 30, focus: .blocked))),
            Scene("command", pressing(":", World.model(100, 26, focus: .blocked))),
            Scene("small", World.model(40, 10, focus: .blocked)),
            Scene("unreachable", ScreenTests.unreachableMesh()),
        ] + Panes.all.map { pane in Scene("pane-\(pane.id.name)", pressing("z", World.model(110, 14, focus: pane.id))) }

    private static func pressing(_ keys: String, _ model: AppModel) -> AppModel {
        var model = model
        model.type(keys)
        return model
    }

    private static func pressing(_ key: Key, _ model: AppModel) -> AppModel {
        var model = model
        model.type(key)
        return model
    }

    private static func allowed(_ model: AppModel) -> AppModel { pressing("ay", model) }

    @Test(arguments: scenes) func isCurrent(_ scene: Scene) throws {
        let model = scene.model
        let frame = render(model, size: model.size, capabilities: Capabilities(colors: .trueColor, unicode: true))
        let picture = Picture(frame: frame, palette: scene.theme.palette(level: .trueColor)).svg
        let file = URL(filePath: #filePath)
            .appending(path: "../../../docs/images/\(scene.testDescription).svg").standardizedFileURL
        if ProcessInfo.processInfo.environment[Golden.recordVariable] != nil {
            try picture.write(to: file, atomically: true, encoding: .utf8)
            return
        }
        let drawn = try? String(contentsOf: file, encoding: .utf8)
        #expect(drawn == picture, "docs/images/\(scene.testDescription).svg is stale; run scripts/generate")
    }

    @Test func noPictureIsLeftOver() throws {
        let folder = URL(filePath: #filePath).appending(path: "../../../docs/images").standardizedFileURL
        if ProcessInfo.processInfo.environment[Golden.recordVariable] != nil { return }
        let drawn = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(drawn == Self.scenes.map { $0.testDescription + ".svg" }.sorted())
    }
}
