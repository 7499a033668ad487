public import ArgumentParser
import Foundation
import MeshLab
public import MeshState

extension OutboundPolicy: ExpressibleByArgument {}

struct LabCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab",
        abstract: "A local mesh of real Envoys, with Bookinfo, an egress gateway and an outside world.",
        subcommands: [Up.self, Down.self, Status.self, Exec.self, KubeconfigPath.self, Run.self])

    struct Up: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start the lab; returns when every proxy is live and in sync.")
        @Option(help: "What becomes of calls to unknown hosts: REGISTRY_ONLY blocks them, ALLOW_ANY lets them pass.")
        var outboundPolicy: OutboundPolicy = .registryOnly
        @Flag(help: "Have sidecars answer for names, with the addresses that istiod allocates to hosts without any.")
        var dnsCapture = false

        func run() async throws {
            let lab = LabControl()
            let (status, started) = try await lab.up(
                policy: outboundPolicy, capturesNames: dnsCapture, executable: ownExecutable()
            ) {
                print("lab: \($0)")
            }
            print("lab: \(started ? "is up" : "was up already"); product page: \(status.productPage)")
        }
    }

    struct Down: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Stop the lab; leaves no process and no socket.")

        func run() async throws {
            print(try await LabControl().down() ? "lab: stopped" : "lab: was not running")
        }
    }

    struct Status: AsyncParsableCommand {
        enum Format: String, ExpressibleByArgument, CaseIterable { case table, json }
        static let configuration = CommandConfiguration(abstract: "Show the parts of the lab and how they fare.")
        @Option(name: [.short, .long], help: "How to print.")
        var output: Format = .table
        @Flag(help: "Show what the certificates of the proxies say instead.")
        var certs = false

        func run() async throws {
            guard let status = try LabControl().status(), let certificates = try await LabControl().certificates()
            else {
                throw Failure("no lab was started yet; start one with: meshtop lab up")
            }
            switch output {
            case .json: print(try certs ? Self.json(certificates) : Self.json(status))
            case .table: print(certs ? certificates.table : status.table)
            }
            if status.phase != .ready, !certs { throw ExitCode.failure }
        }

        private static func json(_ value: some Encodable) throws -> String {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            encoder.dateEncodingStrategy = .iso8601
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        }
    }

    struct Exec: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run a command as if inside a workload, where its connections go through the sidecar.",
            discussion: """
                A place is a workload (sleep, productpage-v1, ratings-v2-mysql, istio-egressgateway, mysqldb …), a
                workload of another namespace (sleep.test-egress, which has no sidecar), a pod, or a host outside the
                mesh (mysql.example.com).
                """)
        @Argument(help: "The workload, pod or host.")
        var place: String
        @Argument(parsing: .postTerminator, help: "The command and its arguments, after --.")
        var command: [String] = []

        func validate() throws {
            guard !command.isEmpty else {
                throw ValidationError("write the command after --, as in: -- curl -s http://httpbin.org/get")
            }
        }

        func run() async throws {
            try LabControl().exec(in: place, command: command, executable: ownExecutable())
        }
    }

    struct KubeconfigPath: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "kubeconfig", abstract: "Print the path of the lab's kubeconfig.")

        func run() async throws {
            let lab = LabControl()
            guard let status = try lab.status() else {
                throw Failure("no lab was started yet; start one with: meshtop lab up")
            }
            print(status.kubeconfig)
        }
    }

    /// The lab process itself; `lab up` starts it.
    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The lab process.", shouldDisplay: false)
        @Option var outboundPolicy: OutboundPolicy
        @Option var stateDirectory: String
        @Flag var dnsCapture = false

        func run() async throws {
            try await LabProcess(
                stateDirectory: URL(filePath: stateDirectory), policy: outboundPolicy, capturesNames: dnsCapture,
                executable: ownExecutable()
            ).run()
        }
    }
}

/// The file that this process runs.
func ownExecutable() throws -> URL {
    URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
}

extension LabStatus {
    /// The status as aligned text.
    fileprivate var table: String {
        var lines = ["lab            \(phase.rawValue)\(detail.isEmpty ? "" : ": \(detail)")"]
        guard phase != .stopped else { return lines[0] }
        lines += [
            "policy         \(outboundPolicy)", "API            \(server)", "kubeconfig     \(kubeconfig)",
            "product page   \(productPage)", "",
        ]
        lines += columns(
            [["PROXY", "WORKLOAD", "LIVE", "CONFIGURATION"]]
                + proxies.map {
                    [
                        "\($0.proxy).\($0.namespace)", $0.workload, $0.live ? "yes" : "no",
                        $0.rejection.map { "rejected: \($0)" } ?? ($0.synced ? "in sync" : "pending"),
                    ]
                })
        lines.append("")
        lines += columns(
            [["PROGRAM", "PID", "RESTARTS"]]
                + programs.map { [$0.name, $0.pid.map(String.init) ?? "not running", String($0.restarts)] })
        return lines.joined(separator: "\n")
    }
}

extension [ProxyCertificate] {
    /// The certificates as aligned text.
    fileprivate var table: String {
        let header = [
            "PROXY", "SPIFFE ID", "SUBJECT", "ISSUER", "NOT BEFORE", "NOT AFTER", "DAYS LEFT", "SERIAL", "CHAIN FILE",
        ]
        let rows = map { certificate in
            [
                "\(certificate.proxy).\(certificate.namespace)", certificate.spiffeID,
                certificate.subject.isEmpty ? "-" : certificate.subject, certificate.issuer,
                certificate.notBefore.formatted(.iso8601), certificate.notAfter.formatted(.iso8601),
                String(certificate.daysLeft), certificate.serial, certificate.chainFile,
            ]
        }
        return columns([header] + rows).joined(separator: "\n")
    }
}

/// Rows of equal length as lines whose columns are aligned.
private func columns(_ rows: [[String]]) -> [String] {
    let widths = (0..<(rows.first?.count ?? 0)).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
        let cells = zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
        return cells.joined(separator: "  ").replacing(/\s+$/, with: "")
    }
}
