import Foundation
import MeshState
import Testing

@testable import MeshTUI

/// The pictures of README.md and docs/: the scenes of the golden frames. `scripts/generate` draws them anew.
@Suite struct PictureTests {
    struct Scene: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let scene: String
        let size: Size
        var theme = "default-dark"

        init(_ name: String, of scene: String? = nil, _ columns: Int = 100, _ rows: Int = 26, theme: String = "default-dark") {
            testDescription = name
            self.scene = scene ?? name
            size = Size(columns: columns, rows: rows)
            self.theme = theme
        }
    }

    static let scenes: [Scene] =
        [
            Scene("console", of: "grid", 120, 32),
            Scene("allow"),
            Scene("pending", of: "allow-pending"),
            Scene("toggle", of: "toggle-off"),
            Scene("filter", of: "filter-prompt"),
            Scene("details", of: "details-blocked", 100, 34),
            Scene("yaml"),
            Scene("help", 100, 30),
            Scene("command", of: "command-line-empty"),
            Scene("small", of: "grid", 40, 10),
            Scene("unreachable", of: "unreachable-blocked", 80, 24),
            Scene("templates"),
            Scene("form", of: "form-error", 100, 30),
            Scene("review", 100, 30),
            Scene("conflict"),
            Scene("undo"),
            Scene("past"),
            Scene("theme-picker", 100, 26),
        ] + themes.map { Scene("theme-\($0)", of: "grid", 80, 20, theme: $0) }
        + Panes.all.map { pane in Scene("pane-\(pane.id.name)", of: "pane-\(pane.id.name)", 110, 16) }

    /// Some that differ much.
    private static let themes = ["default-light", "high-contrast", "colour-blind-safe", "solarized-dark", "dracula", "mono"]

    @Test(arguments: scenes) func isCurrent(_ scene: Scene) throws {
        let model = try #require(FrameScene.named(scene.scene), "no scene \(scene.scene)").model(scene.size)
        let frame = render(model, size: scene.size, capabilities: Capabilities(colors: .trueColor, unicode: true))
        let theme = try ThemeTests.theme(scene.theme).theme
        let isLight = scene.theme.contains("light")
        var picture = Picture(frame: frame, palette: theme.palette(level: .trueColor))
        if isLight { (picture.background, picture.foreground) = ("#ffffff", "#1f2328") }
        let file = URL(filePath: #filePath)
            .appending(path: "../../../docs/images/\(scene.testDescription).svg").standardizedFileURL
        if Golden.isRecording {
            try picture.svg.write(to: file, atomically: true, encoding: .utf8)
            return
        }
        let drawn = try? String(contentsOf: file, encoding: .utf8)
        #expect(drawn == picture.svg, "docs/images/\(scene.testDescription).svg is stale; run scripts/generate")
    }

    @Test func noPictureIsLeftOver() throws {
        let folder = URL(filePath: #filePath).appending(path: "../../../docs/images").standardizedFileURL
        if Golden.isRecording { return }
        let drawn = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(drawn == Self.scenes.map { $0.testDescription + ".svg" }.sorted())
    }
}
