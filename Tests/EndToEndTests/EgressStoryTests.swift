import Foundation
import MeshState
import Testing

/// Blocked, seen, allowed, counted, blocked again: with the commands of the documents, on real Envoys.
@Suite(.serialized) struct EgressStoryTests {
    @Test(.timeLimit(.minutes(3))) func theDatabaseIsBlockedAllowedAndBlockedAgain() async throws {
        try await TestLab.run { lab in
            let refused = try await lab.queryRatings()
            #expect(refused.status != 0)
            try await eventually("the blocked call is listed", within: .seconds(2)) {
                try await lab.rows("blocked").contains {
                    $0["workload"] == "ratings-v2-mysql" && $0["destination"] == "203.0.113.10:3306"
                        && $0["name"] == "mysql.example.com" && ($0["count"]?.integerValue ?? 0) > 0
                }
            }
            #expect(try await lab.productPage().contains("Ratings service is currently unavailable"))

            let file = projectFolder.appending(path: "examples/egress-tcp/1-mysql-external.yaml").path
            try await lab.kubectl("apply", "-f", file)
            try await eventually("the ratings are read", within: .seconds(1)) {
                try await lab.queryRatings().status == 0
            }
            #expect(try await lab.queryRatings().output == "ReviewID\tRating\n1\t5\n2\t4\n")
            try await eventually("the product page shows stars") {
                let page = try await lab.productPage()
                return page.contains("glyphicon-star") && !page.contains("unavailable")
            }
            try await eventually("the connection is counted") {
                try await lab.rows("connections").contains {
                    $0["cluster"] == "outbound|3306||mysql.example.com" && $0["workload"] == "ratings-v2-mysql"
                        && ($0["connections"]?.integerValue ?? 0) > 0
                }
            }

            try await lab.kubectl("delete", "-f", file)
            try await eventually("the database is blocked again", within: .seconds(5)) {
                try await lab.queryRatings().status != 0
            }
            try await eventually("the product page misses the ratings") {
                try await lab.productPage().contains("Ratings service is currently unavailable")
            }
            #expect(
                try await lab.rows("connections").allSatisfy { $0["cluster"] != "outbound|3306||mysql.example.com" })
        }
    }

    @Test(.timeLimit(.minutes(3))) func cnnIsAllowedOverHTTPAndTLSWhileGoogleStaysBlocked() async throws {
        try await TestLab.run { lab in
            func politics() async throws -> String {
                try await lab.exec(
                    "sleep", "curl", "-sL", "-o", "/dev/null", "-D", "-", "http://edition.cnn.com/politics"
                ).output
            }
            #expect(try await politics().hasPrefix("HTTP/1.1 502 Bad Gateway"))
            #expect(try await lab.exec("sleep", "curl", "-s", "https://edition.cnn.com/politics").status == 35)
            #expect(try await lab.exec("sleep", "curl", "-sI", "https://www.google.com").status == 35)

            try await lab.kubectl(
                "apply", "-f", projectFolder.appending(path: "examples/egress-gateway-http/1-cnn.yaml").path)
            try await eventually("cnn answers over HTTP and TLS", within: .seconds(2)) {
                let answer = try await politics()
                return answer.hasPrefix("HTTP/1.1 301 Moved Permanently") && answer.contains("\nHTTP/2 200")
                    && answer.contains("location: https://edition.cnn.com/politics")
            }
            let page = try await lab.exec(
                "sleep", "curl", "-s", "-o", "/dev/null", "-w", "%{size_download}", "https://edition.cnn.com/politics")
            #expect(page.output == "151654")

            // The listener for 443 that the entry brought tells the name of what is blocked beside it.
            #expect(try await lab.exec("sleep", "curl", "-sI", "https://www.google.com").status == 35)
            try await eventually("the blocked TLS call is listed by its server name", within: .seconds(2)) {
                try await lab.rows("blocked").contains {
                    $0["workload"] == "sleep" && $0["transport"] == "tls" && $0["target"] == "www.google.com"
                        && $0["port"] == 443
                }
            }
            try await eventually("the blocked HTTP call is listed by its authority") {
                try await lab.rows("blocked").contains {
                    $0["transport"] == "http" && $0["target"] == "www.google.com" && $0["port"] == 80
                }
            }
            for port in [80, 443] {
                try await eventually("traffic to port \(port) is counted") {
                    try await lab.rows("connections").contains {
                        $0["cluster"] == .string("outbound|\(port)||edition.cnn.com")
                            && ($0["connections"]?.integerValue ?? 0) > 0
                    }
                }
            }
            try await lab.kubectl("delete", "serviceentry", "cnn")
            try await eventually("cnn is blocked again", within: .seconds(5)) {
                try await politics().hasPrefix("HTTP/1.1 502 Bad Gateway")
            }
        }
    }

    @Test(.timeLimit(.minutes(3))) func allowAndToggleWorkWithoutAScreen() async throws {
        try await TestLab.run { lab in
            let plan = try await lab.meshtop(
                "allow", "mysql.example.com:3306", "--from", "ratings-v2-mysql", "--dry-run")
            #expect(plan.contains("kind: ServiceEntry") && plan.contains("203.0.113.10") && !plan.contains("\u{1B}"))
            #expect(try await lab.rows("entries").isEmpty)

            try await lab.meshtop("allow", "mysql.example.com:3306", "--from", "ratings-v2-mysql")
            #expect(try await lab.queryRatings().status == 0)
            let entry = try #require(try await lab.rows("entries").first)
            let name = try #require(entry["name"]?.stringValue)
            let before = try await lab.kubectl("get", "serviceentry", name, "-o", "jsonpath={.spec}")

            try await lab.meshtop("toggle", name, "--off")
            #expect(try await lab.queryRatings().status != 0)
            #expect(try await lab.rows("entries").first?["state"] == "off")
            #expect(try await lab.meshtop("toggle", name, "--off").contains("off already"))

            try await lab.meshtop("toggle", name)
            #expect(try await lab.queryRatings().status == 0)
            #expect(try await lab.kubectl("get", "serviceentry", name, "-o", "jsonpath={.spec}") == before)
            #expect(try await lab.tryMeshtop("toggle", "no-such-entry").status == 1)
            #expect(try await lab.tryMeshtop("allow", "no-port").status == 2)
            #expect(try await lab.tryMeshtop("blocked", "--no-such-option").status == 2)
        }
    }

    @Test(.timeLimit(.minutes(3))) func allowAnyLetsUnknownHostsPass() async throws {
        try await TestLab.run(policy: "ALLOW_ANY") { lab in
            let answer = try await lab.exec("sleep", "curl", "-sI", "https://www.google.com")
            #expect(answer.output.hasPrefix("HTTP/2 200"))
            #expect(try await lab.queryRatings().status == 0)
            try await eventually("it is counted under PassthroughCluster") {
                try await lab.rows("connections").contains {
                    $0["workload"] == "sleep" && $0["cluster"] == "PassthroughCluster"
                        && ($0["connections"]?.integerValue ?? 0) > 0
                }
            }
            #expect(try await lab.rows("blocked").isEmpty)
            // Nothing that the world does not hold can be reached, whatever the policy.
            #expect(try await lab.exec("sleep", "curl", "-sf", "-m", "5", "http://192.0.2.200/").status != 0)
        }
    }

    @Test(.timeLimit(.minutes(3))) func whatTheWebhookRefusesIsRefusedWithItsWords() async throws {
        try await TestLab.run { lab in
            let entry = """
                apiVersion: networking.istio.io/v1
                kind: ServiceEntry
                metadata: {name: wrong}
                spec:
                  hosts: [a.example.com, b.example.com]
                  resolution: DNS
                  ports: [{number: 3306, name: tcp, protocol: TCP}]
                """
            let refused = try await lab.tryKubectl(["apply", "-f", "-"], input: entry)
            #expect(refused.status == 1)
            #expect(refused.errors.contains("multiple hosts provided with non-HTTP, non-TLS ports"))
            #expect(refused.errors.contains("admission webhook \"validation.istio.io\" denied the request"))
            let own = try await lab.tryMeshtop("allow", "bad_host.example.com:80")
            #expect(own.status == 1)
            #expect(own.errors.contains("domain name \"bad_host.example.com\" invalid"))
            #expect(try await lab.rows("entries").isEmpty)
        }
    }
}
