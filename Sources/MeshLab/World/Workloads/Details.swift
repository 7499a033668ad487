import Hummingbird
import MeshState

/// Bookinfo's `details`: a book's data.
enum Details {
    static func router() -> Router<BasicRequestContext> {
        let router = Router(options: .autoGenerateHeadEndpoints)
        router.get("details/:id") { _, context in
            let document: JSONValue = [
                "id": .integer(Int64(try context.parameters.require("id", as: Int.self))),
                "author": "William Shakespeare", "year": 1595, "type": "paperback", "pages": 200,
                "publisher": "PublisherA", "language": "English", "ISBN-10": "1234567890", "ISBN-13": "123-1234567890",
            ]
            return document.response()
        }
        return router
    }
}
