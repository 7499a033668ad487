import MeshState
import Testing

@Suite struct EntryTemplateTests {
    /// What an operator gets who fills in the examples as they are.
    private func filled(_ template: EntryTemplate) -> JSONValue {
        var object = template.object
        object["metadata"] = ["name": "example", "namespace": "default"]
        return object
    }

    @Test(arguments: EntryTemplate.all) func eachIsCleanWhenItIsFilledIn(_ template: EntryTemplate) {
        #expect(ManifestCheck.problems(in: filled(template)) == [])
        #expect(template.object["metadata"] == [:])
        #expect(!template.examples.isEmpty && !template.help.isEmpty)
    }

    @Test func theSeriesIsComplete() {
        #expect(
            EntryTemplate.all.map(\.id) == ["http", "https", "tcp", "wildcard", "database", "unix", "vm"])
        #expect(EntryTemplate.named("vm")?.object["spec"]?["location"] == "MESH_INTERNAL")
        #expect(EntryTemplate.named("none") == nil)
    }
}
