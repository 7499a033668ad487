import Foundation
import MeshState
import Testing

extension DocumentTests {
    /// "Bookinfo with a Virtual Machine": the ratings come from the database of a machine that has to be registered.
    @Suite struct VirtualMachines {
        private static let address = "10.150.0.5"
        private static let routes = "virtual-machines/1-virtual-service-ratings-mysql-vm"
        /// The ratings as the machine prints them.
        private static func table(_ first: Int) -> String {
            """
            +----------+--------+
            | ReviewID | Rating |
            +----------+--------+
            |        1 |      \(first) |
            |        2 |      4 |
            +----------+--------+

            """
        }

        @Test(.timeLimit(.minutes(1))) func theRegisteredDatabaseGivesTheStars() async throws {
            try await withMachine { lab in
                #expect(try await database(lab, "select * from ratings;") == Self.table(5))
                let registered = try await lab.lab.tryMeshtop("register", "-n", "vm", "mysqldb", Self.address, "3306")
                #expect(registered.status == 0, "\(registered)")
                #expect(
                    registered.errors.split(separator: "\n").map { String($0.split(separator: "\t").last ?? "") } == [
                        "Registering for service 'mysqldb' ip '10.150.0.5', ports list [{3306 mysql}]",
                        "0 labels ([]) and 1 annotations ([alpha.istio.io/kubernetes-serviceaccounts=default])",
                        "Got 'services \"mysqldb\" not found' looking up svc 'mysqldb' in namespace 'vm', attempting to create it",
                        "Got 'endpoints \"mysqldb\" not found' looking up endpoints for 'mysqldb' in namespace 'vm', "
                            + "attempting to create them",
                        "No pre existing exact matching ports list found, created new subset "
                            + "{[{10.150.0.5  <nil> nil}] [] [{mysql 3306 }]}",
                        "Successfully updated mysqldb, now with 1 endpoints",
                    ])
                try await DocumentLab.applying(Self.routes) { lab in
                    try await lab.lab.eventuallyPage("shows the machine's ratings") { $0.stars == [5, 4] }
                    #expect(
                        try await database(lab, "update ratings set rating=1 where reviewid=1;select * from ratings;")
                            == Self.table(1))
                    try await lab.lab.eventuallyPage("shows 1 star from Reviewer1 and 4 from Reviewer2") {
                        $0.stars == [1, 4]
                    }
                    #expect(try await handshakes(lab) > 0)

                    try await lab.lab.meshtop("deregister", "-n", "vm", "mysqldb", Self.address)
                    try await lab.lab.eventuallyPage("misses the ratings") {
                        $0.contains("Ratings service is currently unavailable")
                    }
                    // Before the proxies are looked at: they have what is left of the service.
                    try await unregister(lab)
                }
            }
        }

        @Test(.timeLimit(.minutes(1))) func theSelectedDatabaseGivesTheStars() async throws {
            try await withMachine { lab in
                let folder = "virtual-machines/workload-entry/"
                try await DocumentLab.applying(
                    Self.routes, "\(folder)1-workload-group", "\(folder)2-workload-entry", "\(folder)3-service"
                ) { lab in
                    try await lab.lab.eventuallyPage("shows the machine's ratings") { $0.stars == [5, 4] }
                    _ = try await database(lab, "update ratings set rating=1 where reviewid=1;")
                    try await lab.lab.eventuallyPage("shows 1 star from Reviewer1 and 4 from Reviewer2") {
                        $0.stars == [1, 4]
                    }
                    #expect(try await handshakes(lab) > 0)
                }
            }
        }

        /// Runs a statement on the machine, as the documents do.
        private func database(_ lab: DocumentLab, _ statement: String) async throws -> String {
            let result = try await lab.lab.exec(
                "mysqldb", "mariadb", "-u", "root", "-ppassword", "--table", "test", "-e", statement)
            guard result.status == 0 else { throw CommandFailure(description: "\(statement): \(result)") }
            return result.output
        }

        /// How often the sidecar of the ratings shook hands with the machine's.
        private func handshakes(_ lab: DocumentLab) async throws -> Int {
            let ratings = ProxyView(lab: lab.lab, namespace: "default", label: "app=ratings,version=v2-mysql-vm")
            return try await ratings.counter("cluster.outbound|3306||mysqldb.vm.svc.cluster.local.ssl.handshake") ?? 0
        }

        private func unregister(_ lab: DocumentLab) async throws {
            try await lab.lab.kubectl("delete", "service,endpoints", "mysqldb", "-n", "vm", "--ignore-not-found")
        }

        /// Hands over, and takes away what registering made; the machine's ratings are as they were.
        private func withMachine(_ body: (DocumentLab) async throws -> Void) async throws {
            let lab = try DocumentLab.current
            func cleanUp() async throws {
                try await unregister(lab)
                _ = try await database(lab, "update ratings set rating=6-ReviewID;")
            }
            do {
                try await body(lab)
            } catch {
                _ = try? await cleanUp()
                throw error
            }
            try await cleanUp()
        }
    }
}
