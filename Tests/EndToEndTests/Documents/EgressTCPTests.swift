import Foundation
import MeshState
import Testing

extension DocumentTests {
    /// "Consuming External TCP Services": the ratings come from a database outside the mesh.
    @Suite struct EgressTCP {
        @Test(.timeLimit(.minutes(1))) func theDatabasePrintsItsTables() async throws {
            try await withRatings { lab, database in
                #expect(
                    try await database("select * from test.ratings;").contains(
                        ["1\t5", "2\t4"].joined(separator: "\n")))
                let changed = try await database("update test.ratings set rating=1; select * from test.ratings;")
                #expect(changed.contains("Rows matched: 2  Changed: 2  Warnings: 0"))
                #expect(changed.contains(["1\t1", "2\t1"].joined(separator: "\n")))
            }
        }

        @Test(.timeLimit(.minutes(1))) func thePageShowsOneStarOnceTheDatabaseIsAllowed() async throws {
            try await withRatings { lab, database in
                try await lab.lab.eventuallyPage("says that the ratings are missing twice") {
                    $0.ranges(of: "Ratings service is currently unavailable").count == 2
                }
                _ = try await database("update test.ratings set rating=1;")
                try await DocumentLab.applying("egress-tcp/1-mysql-external") { lab in
                    try await lab.lab.eventuallyPage("shows one star for both") { $0.stars == [1, 1] }
                    let ratings = ProxyView(lab: lab.lab, namespace: "default", label: "app=ratings,version=v2-mysql")
                    #expect(try await ratings.admin("listeners").contains("203.0.113.10_3306"))
                    let clusters = try JSONValue(
                        parsing: try await ratings.admin("config_dump?resource=dynamic_active_clusters"))
                    let cluster = clusters["configs"]?.arrayValue?.compactMap { $0["cluster"] }.first {
                        $0["name"] == "outbound|3306||mysql.example.com"
                    }
                    #expect(cluster?["type"] == "ORIGINAL_DST")
                    #expect(
                        try await lab.lab.kubectl("delete", "serviceentry", "mysql-external")
                            == "serviceentry.networking.istio.io \"mysql-external\" deleted\n")
                    try await lab.lab.eventuallyPage("misses the ratings again") {
                        $0.ranges(of: "Ratings service is currently unavailable").count == 2
                    }
                }
            }
        }

        /// Hands over what runs statements as the database's administrator, and puts the ratings back.
        private func withRatings(
            _ body: (DocumentLab, (String) async throws -> String) async throws -> Void
        ) async throws {
            let lab = try DocumentLab.current
            func database(_ statements: String) async throws -> String {
                let result = try await lab.lab.exec(
                    "mysql.example.com", "mysql", "-u", "admin", "-padmin", "--batch", "-vv", "-e", statements)
                #expect(result.status == 0, "\(result.errors)")
                return result.output
            }
            do {
                try await body(lab, database)
            } catch {
                _ = try? await database("update test.ratings set rating=6-ReviewID;")
                throw error
            }
            _ = try await database("update test.ratings set rating=6-ReviewID;")
        }
    }
}

extension TestLab {
    /// Waits until the product page is as it should be.
    func eventuallyPage(_ what: String, isExpected: (String) -> Bool) async throws {
        try await eventually("the product page \(what)") { isExpected(try await productPage()) }
    }
}

extension String {
    /// How many stars the product page shows, one number a review.
    var stars: [Int] {
        components(separatedBy: "<blockquote>").dropFirst().map { review in
            review.ranges(of: "glyphicon-star\"").count
        }
    }
}
