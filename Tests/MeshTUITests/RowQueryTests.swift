import FoundationEssentials
import MeshState
import Testing

@testable import MeshTUI

/// Which rows a command prints, and in which order.
@Suite struct RowQueryTests {
    private static func rows(_ pane: PaneID, _ change: (inout RowQuery) -> Void) throws -> Rows {
        var query = RowQuery()
        change(&query)
        return try RowSelection(query, of: Listing(pane: Panes.pane(pane))).rows(of: World.snapshot())
    }

    private static func names(_ pane: PaneID, _ change: (inout RowQuery) -> Void) throws -> [String] {
        try rows(pane, change).names.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
    }

    @Test(arguments: [
        (PaneID.services, "app=reviews", ["reviews"]), (.services, "app in (reviews, details)", ["details", "reviews"]),
        (.services, "app notin (reviews,details,ratings),app!=mysqldb", ["productpage"]),
        (.services, "!app", []), (.entries, "istio.io/rev", ["httpbin-ext"]), (.entries, "!istio.io/rev", ["cnn", "wiki"]),
    ])
    func byLabels(_ pane: PaneID, _ selector: String, _ expected: [String]) throws {
        #expect(try Self.names(pane) { $0.labels = selector } == expected)
    }

    @Test(arguments: [
        (PaneID.entries, "state=off", ["httpbin-ext"]), (.entries, "state!=off,ports.number=443", ["cnn", "wiki"]),
        (.entries, "metadata.name==cnn", ["cnn"]), (.entries, "ports[].protocol=TLS", ["cnn", "wiki"]),
        (.entries, "switchedOffBy=", ["cnn", "wiki"]), (.services, "endpoints.ready=3", ["reviews"]),
        (.services, "namespace!=default", ["mysqldb"]), (.blocked, "port=3306", ["mysql.example.com:3306"]),
    ])
    func byFields(_ pane: PaneID, _ selector: String, _ expected: [String]) throws {
        #expect(try Self.names(pane) { $0.fields = selector } == expected)
    }

    @Test(arguments: [
        (PaneID.services, "live", ["ratings", "mysqldb", "details", "reviews", "productpage"]),
        (.services, "-LIVE", ["productpage", "details", "reviews", "ratings", "mysqldb"]),
        (.services, ".endpoints.ready", ["details", "mysqldb", "productpage", "ratings", "reviews"]),
        (.services, "{.endpoints.total}", ["details", "mysqldb", "productpage", "ratings", "reviews"]),
        (.services, "-.endpoints.total", ["reviews", "ratings", "details", "mysqldb", "productpage"]),
        (.blocked, "count", ["203.0.113.77:8443", "www.google.com:80", "mysql.example.com:3306"]),
        (.services, "", ["details", "mysqldb", "productpage", "ratings", "reviews"]),
    ])
    func inOrder(_ pane: PaneID, _ sort: String, _ expected: [String]) throws {
        #expect(try Self.names(pane) { $0.sort = sort } == expected)
    }

    @Test func byTheFilterLanguage() throws {
        #expect(try Self.names(.entries) { $0.filter = "host:cnn|wiki !state:bad" } == ["cnn"])
    }

    @Test(arguments: [
        (PaneID.entries, "cnn"), (.entries, "serviceentry.networking.istio.io/cnn"), (.services, "service/reviews"),
        (.services, "reviews.default.svc.cluster.local"), (.blocked, "mysql.example.com:3306"),
        (.blocked, "ratings-v2-mysql"), (.connections, "edition.cnn.com"),
    ])
    func byName(_ pane: PaneID, _ name: String) throws {
        let rows = try Self.rows(pane) { $0.names = [name, "nobody"] }
        #expect(rows.records.count == 1)
        #expect(rows.missing == ["nobody"])
    }

    @Test func byNamespace() throws {
        #expect(try Self.names(.services) { $0.namespace = "vm" } == ["mysqldb"])
    }

    @Test func byTime() throws {
        #expect(try Self.names(.blocked) { $0.since = World.ago(20) } == ["mysql.example.com:3306", "www.google.com:80"])
        let rows = try Self.rows(.blocked) { $0.since = World.ago(1000) }
        #expect(rows.inOrderOfTime.names == rows.names.reversed())
        #expect(try Self.rows(.services) { _ in }.inOrderOfTime.records.count == 5)
    }

    @Test(arguments: [
        (PaneID.services, "sort", "color", "there is no column color to sort by; there are name, ns, ports, ep, live, ip, host, and each field of the record as in .namespace"),
        (.services, "fields", "color=red", "there is no field color; there are namespace, name, host, clusterIP, ports[].number, ports[].name, ports[].protocol, endpoints.ready, endpoints.total, live"),
        (.services, "fields", "name", "name is no field selector; write FIELD=VALUE or FIELD!=VALUE"),
        (.services, "labels", "app in", "unable to parse requirement: found '', expected: '('"),
        (.services, "filter", "~(", "( is not a regular expression"),
        (.blocked, "labels", "app=x", "blocked calls have no labels; choose with --field-selector or --filter"),
        (.services, "since", "", "services have no time to be chosen by"),
    ])
    func whatCannotBe(_ pane: PaneID, _ part: String, _ text: String, _ message: String) {
        #expect(throws: RowQueryError(message)) {
            try Self.rows(pane) { query in
                switch part {
                case "sort": query.sort = text
                case "fields": query.fields = text
                case "labels": query.labels = text
                case "filter": query.filter = text
                default: query.since = World.now
                }
            }
        }
    }
}
