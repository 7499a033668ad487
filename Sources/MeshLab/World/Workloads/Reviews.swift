import HTTPTypes
import Hummingbird
import MeshState

/// Bookinfo's `reviews`: two reviews, in versions 2 and 3 with stars, which come from `ratings`.
struct Reviews: Sendable {
    let client: WorkloadClient
    let services: BookinfoServices
    let pod: String
    /// Of the stars: version 2 has black ones, version 3 red ones; nil for version 1, which has none.
    let color: String?

    func router() -> Router<BasicRequestContext> {
        let router = Router(options: .autoGenerateHeadEndpoints)
        router.get("reviews/:id") { request, context in
            let id = try context.parameters.require("id", as: Int.self)
            let ratings = color == nil ? nil : await self.ratings(of: id, headers: request.headers.forwarded)
            let document: JSONValue = [
                "id": .string(String(id)), "podname": .string(pod), "clustername": "null",
                "reviews": [
                    review(
                        "Reviewer1", ratings,
                        "An extremely entertaining play by Shakespeare. The slapstick humour is refreshing!"),
                    review(
                        "Reviewer2", ratings,
                        "Absolutely fun and entertaining. The play lacks thematic depth when compared to other plays "
                            + "by Shakespeare."),
                ],
            ]
            return document.response()
        }
        return router
    }

    /// Stars by reviewer; nil while `ratings` gives none.
    private func ratings(of id: Int, headers: HTTPFields) async -> JSONValue? {
        try? await client.json("\(services.ratings)/\(id)", headers: headers)["ratings"]
    }

    private func review(_ reviewer: String, _ ratings: JSONValue?, _ text: String) -> JSONValue {
        var review: JSONValue = ["reviewer": .string(reviewer), "text": .string(text)]
        if let color {
            if let stars = ratings?[reviewer] {
                review["rating"] = ["stars": stars, "color": .string(color)]
            } else {
                review["rating"] = ["error": "Ratings service is currently unavailable"]
            }
        }
        return review
    }
}
