import Foundation
import MeshState
import MeshTUI
import Testing

@testable import meshtop

@Suite struct SchemaTests {
    @Test func theFileIsUpToDate() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../config.schema.json").standardizedFileURL
        #expect(
            try String(contentsOf: file, encoding: .utf8) == ConfigurationSchema.text,
            "make it anew: meshtop generate schema > config.schema.json")
    }

    @Test func itHasEverySettingAndEveryAction() throws {
        let schema = try JSONValue(parsing: ConfigurationSchema.text)
        let properties = try #require(schema["properties"])
        for setting in Setting.all { #expect(properties[setting.key]?["description"] != nil, "\(setting.key)") }
        for binding in KeyTable.bindings { #expect(properties["keys"]?["properties"]?[binding.command] != nil) }
        #expect(properties["color"]?["enum"] == ["auto", "truecolor", "256", 256, "16", 16, "never"])
        #expect(properties["contexts"]?["additionalProperties"]?["properties"]?["readOnly"] != nil)
    }
}
