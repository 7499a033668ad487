import Foundation
import Testing

@testable import MeshLab

@Suite struct DatabaseTests {
    @Test("bookinfo may read the documents' table and nothing more; the data outlives kill -9")
    func database() async throws {
        try await WorldFixture.use { fixture in
            let database = MariaDB.external(layout: fixture.layout)
            try await database.prepare()
            let supervisor = Supervisor(stateDirectory: fixture.layout.stateDirectory)
            await supervisor.start(try database.program())
            let host = try fixture.address("203.0.113.10")
            func client(_ statement: String, user: String = "bookinfo") async throws -> CommandResult {
                try await command([
                    "mariadb", "--no-defaults", "--protocol=tcp", "-h", host, "-u", user, "-pbookinfo", "-N", "-B",
                    "-e", statement,
                ])
            }
            func administrator(_ statement: String) async throws -> CommandResult {
                try await command([
                    "mariadb", "--no-defaults", "--socket=\(database.socketFile.path)", "-N", "-B", "-e", statement,
                ])
            }
            let select = "select * from test.ratings order by ReviewID"
            let rows = try await awaited("the ratings") {
                let result = try await client(select)
                return result.isSuccess ? result.output : nil
            }
            #expect(rows == "1\t5\n2\t4\n")

            for statement in [
                "update test.ratings set Rating=1", "delete from test.ratings",
                "insert into test.ratings values (3, 3)",
                "create table test.mine (a int)", "select * from mysql.global_priv",
            ] {
                let result = try await client(statement)
                #expect(!result.isSuccess && result.errors.contains("denied"), "\(statement): \(result)")
            }
            #expect(try await !client(select, user: "root").isSuccess)

            let change = try await administrator("update test.ratings set Rating=1; \(select)")
            #expect(change.output == "1\t1\n2\t1\n", "\(change.errors)")

            let pid = try #require(await supervisor.statuses.first?.pid)
            kill(pid, SIGKILL)
            let after = try await awaited("the database again") {
                let result = try await client(select)
                return result.isSuccess ? result.output : nil
            }
            #expect(after == "1\t1\n2\t1\n")
            #expect(await supervisor.statuses.first?.restarts == 1)

            try await ratingsService(fixture)
            await supervisor.stopAll()
            #expect(!FileManager.default.fileExists(atPath: database.socketFile.path))
            try await ratingsService(fixture, isDatabaseDown: true)
        }
    }

    @Test("The virtual machine's database has the documents' ratings and root, and nothing of the other's")
    func virtualMachine() async throws {
        try await WorldFixture.use { fixture in
            let databases = [MariaDB.external(layout: fixture.layout), .virtualMachine(layout: fixture.layout)]
            try await MariaDB.prepareAll(layout: fixture.layout)
            let supervisor = Supervisor(stateDirectory: fixture.layout.stateDirectory)
            for database in databases { await supervisor.start(try database.program()) }
            func client(_ address: String, _ user: String, _ statement: String) async throws -> CommandResult {
                try await command([
                    "mariadb", "--no-defaults", "--protocol=tcp", "-h", try fixture.address(address),
                    "--user=\(user.split(separator: ":")[0])", "--password=\(user.split(separator: ":")[1])", "-N",
                    "-B",
                    "-e", statement, "test",
                ])
            }
            let select = "select * from ratings order by ReviewID"
            for (address, user) in [("10.150.0.5", "root:password"), ("203.0.113.10", "admin:admin")] {
                let rows = try await awaited("the ratings at \(address)") {
                    let result = try await client(address, user, select)
                    return result.isSuccess ? result.output : nil
                }
                #expect(rows == "1\t5\n2\t4\n")
            }
            let change = try await client(
                "10.150.0.5", "root:password", "update ratings set rating=1 where reviewid=1; \(select)")
            #expect(change.output == "1\t1\n2\t4\n", "\(change.errors)")
            #expect(try await client("203.0.113.10", "admin:admin", select).output == "1\t5\n2\t4\n")
            #expect(try await !client("203.0.113.10", "root:password", select).isSuccess)
            let local = try await command(
                [
                    "mariadb", "--no-defaults", "--socket=\(databases[1].socketFile.path)", "-u", "root", "-ppassword",
                    "-N",
                    "-B", "-e", select, "test",
                ])
            #expect(local.output == "1\t1\n2\t4\n", "\(local.errors)")
            await supervisor.stopAll()
        }
    }

    @Test("A long state folder does not make the socket's path too long")
    func socketPath() {
        let folder = URL(filePath: "/tmp/" + String(repeating: "long", count: 30))
        let path = MariaDB.external(layout: LabLayout(stateDirectory: folder, block: 9)).socketFile.path
        #expect(path.utf8.count < 108)
    }

    private func ratingsService(_ fixture: WorldFixture, isDatabaseDown: Bool = false) async throws {
        let environment = ["MYSQL_DB_HOST": try fixture.address("203.0.113.10")]
        let url = "http://\(try fixture.node("ratings-v2-mysql").loopback):9080/ratings/0"
        let address = try fixture.node("ratings-v2-mysql").loopback
        try await during({
            try await WorkloadService.run(
                name: "ratings-v2-mysql", address: address, port: 9080, environment: environment)
        }) {
            let answer = try await awaited("ratings-v2-mysql") {
                let result = try await command(["curl", "-s", "-w", " %{http_code}", url])
                return result.isSuccess ? result.output : nil
            }
            #expect(
                answer
                    == (isDatabaseDown
                        ? #"{"error":"could not connect to ratings database"} 500"#
                        : #"{"id":0,"ratings":{"Reviewer1":1,"Reviewer2":1}} 200"#))
        }
    }
}
