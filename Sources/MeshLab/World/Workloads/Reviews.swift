import HTTPTypes
import Hummingbird
import MeshState

/// Bookinfo's `reviews`, version 3: two reviews with stars in red, which come from `ratings`.
struct Reviews: Sendable {
    let client: WorkloadClient
    let services: BookinfoServices
    let pod: String

    func router() -> Router<BasicRequestContext> {
        let router = Router(options: .autoGenerateHeadEndpoints)
        router.get("reviews/:id") { request, context in
            let id = try context.parameters.require("id", as: Int.self)
            let ratings = await self.ratings(of: id, headers: request.headers.forwarded)
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
        let rating: JSONValue =
            if let stars = ratings?[reviewer] {
                ["stars": stars, "color": "red"]
            } else {
                ["error": "Ratings service is currently unavailable"]
            }
        return ["reviewer": .string(reviewer), "text": .string(text), "rating": rating]
    }
}
