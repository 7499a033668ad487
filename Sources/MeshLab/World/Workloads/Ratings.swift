import Hummingbird
import MeshState
import Subprocess

/// Bookinfo's `ratings`: the stars of two reviewers, fixed (version 1) or read from a database (version 2 for MySQL).
struct Ratings: Sendable {
    enum Source: Sendable {
        case fixed
        case database(RatingsDatabase)
    }

    let source: Source

    func router() -> Router<BasicRequestContext> {
        let router = Router(options: .autoGenerateHeadEndpoints)
        router.get("ratings/:id") { _, context in
            let id = try context.parameters.require("id", as: Int.self)
            switch source {
            case .fixed: return Self.document(id: id, stars: [5, 4]).response()
            case .database(let database):
                guard let stars = try await database.stars(), stars.count >= 2 else {
                    let failure: JSONValue = ["error": "could not connect to ratings database"]
                    return failure.response(status: .internalServerError)
                }
                return Self.document(id: id, stars: stars).response()
            }
        }
        return router
    }

    private static func document(id: Int, stars: [Int64]) -> JSONValue {
        [
            "id": .integer(Int64(id)),
            "ratings": ["Reviewer1": .integer(stars[0]), "Reviewer2": .integer(stars[1])],
        ]
    }
}

/// The documents' ratings table, read with MariaDB's own client, which the capture leads through the sidecar.
struct RatingsDatabase: Sendable {
    let host: String
    let port: String
    let user: String
    let password: String

    init(environment: [String: String]) {
        host = environment["MYSQL_DB_HOST"] ?? "localhost"
        port = environment["MYSQL_DB_PORT"] ?? "3306"
        user = environment["MYSQL_DB_USER"] ?? "bookinfo"
        password = environment["MYSQL_DB_PASSWORD"] ?? "bookinfo"
    }

    /// The stars in the order of the reviews; nil when the database does not answer.
    func stars() async throws -> [Int64]? {
        let result = try await Subprocess.run(
            .name("mariadb"),
            arguments: [
                "--no-defaults", "--host=\(host)", "--port=\(port)", "--user=\(user)", "--connect-timeout=2", "--batch",
                "--skip-column-names", "--execute=SELECT Rating FROM ratings ORDER BY ReviewID", "test",
            ],
            // On the command line the password would be there for all to see.
            environment: .inherit.updating(["MYSQL_PWD": password]),
            output: .string(limit: 4096), error: .discarded)
        guard result.terminationStatus.isSuccess else { return nil }
        return result.standardOutput.split(separator: "\n").compactMap { Int64($0) }
    }
}
