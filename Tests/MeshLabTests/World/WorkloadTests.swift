import Foundation
import MeshLab
import MeshState
import Synchronization
import Testing

@Suite struct WorkloadTests {
    @Test("Bookinfo shows stars while there are ratings, and says so when there are none")
    func bookinfo() async throws {
        try await WorldFixture.use { fixture in
            var environment: [String: String] = ["HOSTNAME": "reviews-pod"]
            for name in ["details", "reviews", "ratings"] {
                let workload = ["details": "details-v1", "reviews": "reviews-v3", "ratings": "ratings-v1"][name] ?? ""
                environment["\(name.uppercased())_HOSTNAME"] = try fixture.node(workload).loopback
            }
            let page = LabWorld.productPageURL(layout: fixture.layout)
            let base = page.replacing("/productpage", with: "")
            try await serving(["productpage-v1", "details-v1", "reviews-v3"], fixture, environment) {
                let without = try await fetch(page)
                #expect(without.components(separatedBy: "Ratings service is currently unavailable").count == 3)
                #expect(without.contains("PublisherA"))
                #expect(!without.contains("glyphicon-star"))
                let products = try await fetch("\(base)/api/v1/products")
                #expect(products.contains("The Comedy of Errors"))
                #expect(try await fetch("\(base)/api/v1/products/0").contains(#""ISBN-10":"1234567890""#))
                let ratings = try await fetch("\(base)/api/v1/products/0/ratings")
                #expect(ratings == #"{"error":"Sorry, product ratings are currently unavailable for this book."}"#)

                try await serving(["ratings-v1"], fixture, environment) {
                    let with = try await fetch(page)
                    #expect(with.components(separatedBy: "<font color=\"red\">").count == 3)
                    #expect(with.components(separatedBy: "\"glyphicon glyphicon-star\"").count == 5 + 4 + 1)
                    #expect(!with.contains("unavailable"))
                    let reviews = try JSONValue(parsing: await fetch("\(base)/api/v1/products/0/reviews"))
                    #expect(reviews["podname"] == "reviews-pod")
                    #expect(reviews["reviews"]?[1]?["rating"] == ["stars": 4, "color": "red"])
                    #expect(
                        try await fetch("\(base)/api/v1/products/0/ratings")
                            == #"{"id":0,"ratings":{"Reviewer1":5,"Reviewer2":4}}"#)
                }
            }
        }
    }

    @Test(
        "Only versions 2 and 3 of the reviews ask for ratings",
        arguments: [("v1", nil), ("v2", "black"), ("v3", "red")])
    func reviews(version: String, color: String?) async throws {
        try await WorldFixture.use { fixture in
            let environment = ["RATINGS_HOSTNAME": try fixture.node("ratings-v1").loopback]
            let url = "http://\(try fixture.node("reviews-\(version)").loopback):9080/reviews/0"
            try await serving(["ratings-v1", "reviews-\(version)"], fixture, environment) {
                let reviews = try JSONValue(parsing: await fetch(url))["reviews"]?.arrayValue ?? []
                #expect(reviews.map { $0["rating"]?["color"]?.stringValue } == [color, color])
                #expect(reviews.allSatisfy { $0["text"] != nil })
            }
        }
    }

    @Test("The visitor asks again and again, whatever the answer")
    func loadGenerator() async throws {
        try await WorldFixture.use { fixture in
            let address = try fixture.node("productpage-v1").loopback
            let visitor = LoadGenerator(url: "http://\(address):9080/productpage", interval: .milliseconds(10))
            try await during({ await visitor.run() }) {
                let server = NamedServer("page", host: address, port: 9080)
                defer { server.stop() }
                _ = try await awaited("three visits") { server.requests.withLock { $0.count } >= 3 ? true : nil }
            }
        }
    }

    @Test func unknownWorkload() async throws {
        await #expect(throws: LabError.self) {
            try await WorkloadService.run(name: "nobody", address: "127.0.0.1", port: 0, environment: [:])
        }
    }

    /// Runs workloads in this process at their places on the loopback.
    private func serving(
        _ names: [String], _ fixture: WorldFixture, _ environment: [String: String], _ body: () async throws -> Void
    ) async throws {
        guard let name = names.first else { return try await body() }
        let address = try fixture.node(name).loopback
        let (ready, continuation) = AsyncStream<Void>.makeStream()
        try await during({
            defer { continuation.finish() }
            try await WorkloadService.run(name: name, address: address, port: 9080, environment: environment) { _ in
                continuation.yield()
            }
        }) {
            var events = ready.makeAsyncIterator()
            try #require(await events.next() != nil, "\(name) did not start")
            try await serving(Array(names.dropFirst()), fixture, environment, body)
        }
    }

    private func fetch(_ url: String) async throws -> String {
        let result = try await command(["curl", "-s", "--max-time", "10", url])
        #expect(result.isSuccess, "\(url): \(result)")
        return result.output
    }
}
