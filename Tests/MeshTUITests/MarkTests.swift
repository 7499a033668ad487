import FoundationEssentials
import MeshState
import Testing

@testable import MeshTUI

/// Marks are on rows, not on lines: they stay with them whatever is sorted or filtered, and go with them.
@Suite struct MarkTests {
    private func names(_ model: AppModel) -> [String] {
        model.current.marks.compactMap { id in
            if case .object(let key) = id { return key.name }
            return nil
        }.sorted()
    }

    @Test func spaceMarksAndGoesOn() {
        var model = World.model()
        model.type("  ")
        #expect(names(model) == ["details", "mysqldb"])
        #expect(model.current.selectedIndex == 2)
        model.type("k ")
        #expect(names(model) == ["details"])
    }

    @Test func aRangeGoesFromTheLastMarkToTheSelection() {
        var model = World.model()
        model.type("v")
        #expect(model.message?.text == "v: mark a row with Space first")
        model.type(" jv")
        #expect(names(model) == ["details", "mysqldb", "productpage"])
        model.type("G v")
        #expect(names(model) == ["details", "mysqldb", "productpage", "reviews"])
        model.type("U")
        #expect(names(model) == [])
        model.type("U")
        #expect(model.message?.text == "U: no row is marked")
    }

    @Test func marksSurviveSortingAndFiltering() {
        var model = World.model()
        model.type(" >I")
        #expect(names(model) == ["details"])
        model.type("/reviews")
        model.type(.enter)
        #expect(model.current.rows.count == 1)
        model.type(" ")
        #expect(names(model) == ["details", "reviews"])
        #expect(model.chosenRows.map(\.index) == [1, 2])
        // Escape takes the filter away first, then the marks.
        model.type(.escape)
        #expect(model.current.rows.count == 5)
        #expect(names(model) == ["details", "reviews"])
        model.type(.escape)
        #expect(names(model) == [])
    }

    @Test func marksVanishWithTheirRows() {
        var model = World.model()
        model.type("  ")
        _ = update(&model, .snapshot(World.snapshot { $0.services.removeAll { $0.service.meta.name == "details" } }))
        #expect(names(model) == ["mysqldb"])
        // A row that comes back is another one.
        _ = update(&model, .snapshot(World.snapshot()))
        #expect(names(model) == ["mysqldb"])
    }

    @Test func withoutMarksTheSelectedRowIsChosen() {
        var model = World.model()
        model.type("j")
        #expect(model.chosenRows == model.current.selected.map { [$0] })
    }
}
