import Foundation
import MeshState
import Testing

/// The lab as a user handles it.
@Suite(.serialized) struct LabTests {
    @Test(.timeLimit(.minutes(4))) func twoLabsRunSideBySide() async throws {
        try await TestLab.run { first in
            try await TestLab.run { second in
                let pages = [try await first.productPage(), try await second.productPage()]
                #expect(pages.allSatisfy { $0.contains("The Comedy of Errors") })
                #expect(try await first.status()["server"] != second.status()["server"])
                try await first.kubectl("apply", "-f", projectFolder.appending(path: "examples/egress-tcp").path)
                try await eventually("the first has the entry") { try await first.queryRatings().status == 0 }
                #expect(try await second.queryRatings().status != 0)
            }
            #expect(try await first.queryRatings().status == 0)
        }
    }

    @Test(.timeLimit(.minutes(2))) func commandsWithoutALabSayWhatToDo() async throws {
        let lab = try TestLab()
        let exec = try await lab.exec("sleep", "true")
        #expect(exec.status == 1 && exec.errors.contains("meshtop lab up"))
        let status = try await lab.tryMeshtop("lab", "status")
        #expect(status.status == 1 && status.errors.contains("meshtop lab up"))
        #expect(try await lab.meshtop("lab", "down").contains("was not running"))
        let list = try await run(
            lab.meshtop, ["blocked"], environment: lab.environment.merging(["HOME": lab.stateHome.path]) { $1 })
        #expect(list.status == 1 && list.errors.contains("--kubeconfig"))
        try lab.remove()
    }

    @Test(.timeLimit(.minutes(2))) func outputToAPipeHasNoEscapeCodes() async throws {
        try await TestLab.run { lab in
            for list in ["services", "entries", "connections", "blocked"] {
                for format in ["table", "wide", "json", "yaml"] {
                    let printed = try await lab.meshtop(list, "-o", format)
                    #expect(!printed.contains("\u{1B}"), "\(list) -o \(format)")
                }
            }
            let all = try await run(lab.meshtop, [], environment: lab.environment)
            let once = try await lab.meshtop("--once")
            for screen in [all.output, once] {
                #expect(screen.contains("1 Services") && screen.contains("productpage") && !screen.contains("\u{1B}"))
            }
            #expect(all.status == 0)
            let unknown = try await lab.exec("no-such-workload", "true")
            #expect(unknown.status == 1 && unknown.errors.contains("ratings-v2-mysql"))
        }
    }

    /// What the documents run with `kubectl exec`, and on machines outside the mesh.
    @Test(.timeLimit(.minutes(3))) func commandsRunInEveryPlaceOfTheWorld() async throws {
        try await TestLab.run { lab in
            func exec(_ place: String, _ command: String) async throws -> String {
                let result = try await lab.exec(place, "sh", "-c", command)
                #expect(result.status == 0, "\(place): \(command): \(result.errors)")
                return result.output
            }
            // A pod without a sidecar calls as it likes; one with a sidecar does not.
            let head = "curl -sS -o /dev/null -w '%{http_version} %{http_code}' https://edition.cnn.com/politics"
            #expect(try await exec("sleep.test-egress", head) == "2 200")
            #expect(try await lab.exec("sleep", "sh", "-c", head).status == 35)

            let name = "spiffe://cluster.local/ns/istio-system/sa/istio-egressgateway-service-account"
            let text = try await exec(
                "istio-egressgateway",
                "cat /etc/certs/cert-chain.pem | openssl x509 -text -noout | grep 'Subject Alternative Name' -A 1")
            #expect(text.contains("URI:\(name)"))
            #expect(try await lab.meshtop("lab", "status", "--certs").contains(name))
            let certificates = try JSONValue(parsing: try await lab.meshtop("lab", "status", "--certs", "-o", "json"))
            let gateway = try #require(
                certificates.arrayValue?.first { $0["workload"]?.stringValue == "istio-egressgateway" })
            #expect(gateway["spiffeID"]?.stringValue == name && (gateway["daysLeft"]?.integerValue ?? 0) >= 30)
            let serial = try await exec(
                "istio-egressgateway", "openssl x509 -noout -serial -in /etc/certs/cert-chain.pem")
            #expect(serial.lowercased() == "serial=\(gateway["serial"]?.stringValue ?? "")\n")
            #expect(
                try await exec("istio-egressgateway", "pilot-agent request GET stats").contains("server.live: 1"))
            #expect(try await exec("sleep", "curl -s http://127.0.0.1:15000/server_info").contains(#""state": "LIVE""#))

            // Two databases with the same table, each with its own rows.
            let change = "update ratings set rating=1 where reviewid=1; select * from ratings;"
            let ratings = "ReviewID\tRating\n1\t5\n2\t4\n"
            #expect(
                try await exec("mysqldb", "mysql -u root -ppassword test -e '\(change)'")
                    == "ReviewID\tRating\n1\t1\n2\t4\n")
            let select = "-u admin -padmin -e 'select * from test.ratings;'"
            #expect(try await exec("mysql.example.com", "mysql \(select)") == ratings)
            #expect(
                try await exec("mysql.example.com", "mysql --host mysql.example.com --port 3306 \(select)") == ratings)

            let nginx = "https://my-nginx.mesh-external.svc.cluster.local"
            let trust = "curl -sS --cacert /etc/istio/nginx-ca-certs/example.com.crt"
            #expect(
                try await exec("sleep.test-egress", "\(trust) \(nginx)").contains(
                    "No required SSL certificate was sent"))
            let certificate = "--cert /etc/istio/nginx-client-certs/tls.crt --key /etc/istio/nginx-client-certs/tls.key"
            #expect(
                try await exec("istio-egressgateway", "\(trust) \(certificate) \(nginx)")
                    .contains("<title>Welcome to nginx!</title>"))
        }
    }

    @Test(.timeLimit(.minutes(2))) func newServicesHaveNamesAtOnce() async throws {
        try await TestLab.run { lab in
            #expect(try await lab.exec("sleep", "getent", "ahostsv4", "mysqldb.vm.svc.cluster.local").status != 0)
            let service = """
                apiVersion: v1
                kind: Service
                metadata: {name: mysqldb, namespace: vm}
                spec: {clusterIP: 10.96.0.99, ports: [{name: mysql, port: 3306}]}
                """
            let created = try await lab.tryKubectl(["apply", "-f", "-"], input: service)
            #expect(created.status == 0, "\(created.errors)")
            try await eventually("the name resolves", within: .seconds(2)) {
                try await lab.exec("sleep", "getent", "ahostsv4", "mysqldb.vm.svc.cluster.local").output
                    .hasPrefix("10.96.0.99")
            }
        }
    }
}
