import MeshState
import Testing

@testable import MeshTUI

@Suite struct TableTests {
    private func table(_ pane: PaneID, wide: Bool = false, noHeaders: Bool = false) throws -> String {
        try printed(pane, World.snapshot(), wide: wide, noHeaders: noHeaders)
    }

    private func printed(
        _ pane: PaneID, _ snapshot: MeshSnapshot, wide: Bool = false, noHeaders: Bool = false
    ) throws -> String {
        let rows = try RowSelection(RowQuery(), of: Listing(pane: Panes.pane(pane))).rows(of: snapshot)
        let (titles, cells) = rows.cells(wide: wide)
        var widths: [Int] = []
        return rows.table((noHeaders ? [] : [titles]) + cells, wide: wide, widths: &widths)
    }

    @Test func services() throws {
        #expect(
            try table(.services) == """
                NAME          NS        PORTS    EP   LIVE
                details       default   9080    1/1      1
                mysqldb       vm        3306    1/1      0
                productpage   default   9080    1/1      2
                ratings       default   9080    1/2      0
                reviews       default   9080    3/3      1

                """)
    }

    @Test func entries() throws {
        #expect(
            try table(.entries, noHeaders: true) == """
                on    cnn           default   edition.cnn.com   80 443   2
                off   httpbin-ext   default   httpbin.org       80       0
                bad   wiki          default   *.wikipedia.org   443      0

                """)
    }

    @Test func connections() throws {
        #expect(
            try table(.connections) == """
                FROM             TO                            LIVE    /S     IN    OUT
                productpage-v1   details:9080                     1   1.0   1.8k    322
                productpage-v1   reviews:9080                     1   1.0   2.1k    340
                sleep            passthrough 198.51.100.7:25      0   0.0    320     80
                sleep            edition.cnn.com:80               2   0.4   152k   1.2k

                """)
    }

    @Test func blocked() throws {
        #expect(
            try table(.blocked) == """
                LAST                   FROM               TO                  PROTO   COUNT   NAME                REASON
                2026-11-21T14:02:30Z   ratings-v2-mysql   203.0.113.10:3306   tcp        41   mysql.example.com   no entry
                2026-11-21T14:02:11Z   sleep              www.google.com:80   http        2   203.0.113.30:80     no entry
                2026-11-21T13:54:11Z   sleep              203.0.113.77:8443   tcp         1   -                   no entry

                """)
    }

    @Test(arguments: Panes.all.map(\.id))
    func wideAddsColumnsAndNothingElse(_ pane: PaneID) throws {
        let narrow = try table(pane).split(separator: "\n")
        let wide = try table(pane, wide: true).split(separator: "\n")
        #expect(narrow.count == wide.count)
        #expect(wide[0].split(separator: " ").starts(with: narrow[0].split(separator: " ")))
        #expect(wide[0].split(separator: " ").count == Panes.pane(pane).columns.count)
        #expect(try table(pane, wide: true).unicodeScalars.allSatisfy { $0.isASCII && ($0 == "\n" || $0.value >= 0x20) })
    }

    @Test func anEmptyMeshIsAHeaderAlone() throws {
        let empty = MeshSnapshot(time: World.now, identity: MeshIdentity(context: "lab", server: ""))
        #expect(
            try printed(.entries, empty)
                == "STATE   NAME   NS   HOSTS   PORTS   LIVE\n")
        #expect(try printed(.entries, empty, noHeaders: true) == "")
    }
}
