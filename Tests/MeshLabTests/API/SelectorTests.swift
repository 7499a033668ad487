import MeshState
import Testing

@testable import MeshLab

@Suite struct SelectorTests {
    static let labels = ["app": "web", "tier": "front", "weight": "10"]

    static let labelSelectors: [(String, Bool)] = [
        ("", true), ("app=web", true), ("app==web", true), ("app=db", false), ("app!=db", true), ("app!=web", false),
        ("missing!=x", true), ("app", true), ("missing", false), ("!missing", true), ("!app", false),
        ("app in (web,db)", true), ("app in (db)", false), ("app notin (db, cache)", true), ("app notin (web)", false),
        ("missing notin (x)", true), ("missing in (x)", false), ("app=web,tier=front", true),
        ("app=web,tier=back", false),
        ("app=web, tier in (front, back), !legacy", true), ("weight>5", true), ("weight>10", false),
        ("weight<11", true),
        ("app=", false), ("missing=", false), ("app > 3", false),
    ]

    @Test(arguments: labelSelectors) func choosesByLabels(_ text: String, _ matches: Bool) throws {
        #expect(try LabelSelector(parsing: text).matches(Self.labels) == matches)
    }

    @Test(arguments: ["=x", "app in", "app in (", "app in web", "a=b,", ",a=b", "app ~ web", "a b", "!", "weight>x"])
    func refusesMalformedSelectors(_ text: String) {
        #expect { try LabelSelector(query: text) } throws: { ($0 as? APIFailure)?.code == 400 }
    }

    static let fieldSelectors: [(String, Bool)] = [
        ("", true), ("metadata.name=a", true), ("metadata.name==a", true), ("metadata.name!=a", false),
        ("metadata.name=b", false), ("metadata.name=a,metadata.namespace=default", true),
        ("status.phase=Running", true), ("status.phase!=Running", false), ("spec.nodeName=", true),
    ]

    @Test(arguments: fieldSelectors) func choosesByFields(_ text: String, _ matches: Bool) throws {
        let pod: JSONValue = ["metadata": ["name": "a", "namespace": "default"], "status": ["phase": "Running"]]
        #expect(try FieldSelector(parsing: text, for: .pods).matches(pod) == matches)
    }

    @Test func refusesUnknownFields() {
        #expect(throws: APIFailure.badRequest("field label not supported: status.phase")) {
            try FieldSelector(parsing: "status.phase=x", for: .serviceEntries)
        }
        #expect(throws: APIFailure.badRequest("invalid selector: 'x'; can't understand 'x'")) {
            try FieldSelector(parsing: "x", for: .pods)
        }
    }

    @Test(arguments: [
        (0, "0s"), (119, "119s"), (120, "2m"), (125, "2m5s"), (600, "10m"), (3 * 3600, "3h"), (3 * 3600 + 60, "3h1m"),
        (9 * 3600, "9h"), (50 * 3600, "2d2h"), (30 * 86_400, "30d"), (800 * 86_400, "2y70d"), (4000 * 86_400, "10y"),
    ]) func writesAgesAsKubectl(_ seconds: Int, _ text: String) {
        #expect(TablePrinter.duration(seconds: seconds) == text)
    }
}
