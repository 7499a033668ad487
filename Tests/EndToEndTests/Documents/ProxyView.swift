import Foundation
import MeshState

/// A pod's proxy as its operator sees it: its log by kubectl, its counters by curl on its admin interface.
struct ProxyView: Sendable {
    let lab: TestLab
    let namespace: String
    /// The label by which the documents name the pod, such as `istio=egressgateway`.
    let label: String

    /// The access log so far, newest last. Lines that are no records, such as Envoy's own, are left out.
    func log() async throws -> [LogLine] {
        let text = try await lab.kubectl("logs", "-l", label, "-n", namespace, "-c", "istio-proxy", "--tail=-1")
        return text.split(separator: "\n").compactMap { line in
            AccessLogParser.record(String(line)).map { LogLine(text: String(line), record: $0) }
        }
    }

    /// Runs `call` again and again until the log got a line for it that `isExpected` accepts, and returns that line.
    func line(
        _ what: String, isExpected: (LogLine) -> Bool, after call: () async throws -> Bool
    ) async throws -> LogLine {
        var found: LogLine?
        var new: ArraySlice<LogLine> = []
        do {
            try await eventually(what) {
                let count = try await log().count
                guard try await call() else { return false }
                // Envoy writes its log every tenth of a second.
                for _ in 0..<20 where found == nil {
                    new = try await log().dropFirst(count)
                    found = new.first(where: isExpected)
                }
                return found != nil
            }
        } catch {
            throw CommandFailure(description: "\(error); the log got\n\(new.map(\.text).joined(separator: "\n"))")
        }
        guard let found else { throw CommandFailure(description: what) }
        return found
    }

    /// What curl gets from the proxy's admin interface, by way of the API, such as for `stats?filter=upstream_cx_total`.
    func admin(_ path: String) async throws -> String {
        let pod = try await lab.kubectl(
            "get", "pod", "-l", label, "-n", namespace, "-o", "jsonpath={.items..metadata.name}")
        let access = try await lab.kubectl(
            "config", "view", "--raw", "-o",
            "jsonpath={.clusters[0].cluster.server} {.clusters[0].cluster.certificate-authority-data} {.users[0].user.token}"
        ).split(separator: " ").map(String.init)
        guard access.count == 3, let authority = Data(base64Encoded: access[1]) else {
            throw CommandFailure(description: "the kubeconfig lacks a server, an authority or a token")
        }
        let certificate = lab.stateHome.appending(path: "ca.pem")
        try authority.write(to: certificate)
        return try await output(
            of: "curl",
            [
                "-sSf", "--cacert", certificate.path, "--config", "-",
                "\(access[0])/api/v1/namespaces/\(namespace)/pods/\(pod):15000/proxy/\(path)",
            ], input: "header = \"Authorization: Bearer \(access[2])\"")
    }

    /// A counter of the proxy, such as `cluster.outbound|443||edition.cnn.com.upstream_cx_total`; nil where there is none.
    func counter(_ name: String) async throws -> Int? {
        // The filter is a regular expression in which a bar would be an alternative; the whole name is compared as it is.
        let text = try await admin("stats?filter=\(name.split(separator: ".").last ?? "")")
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ": ", maxSplits: 1)
            // Newer releases put a semicolon behind the cluster's name.
            if parts.count == 2, parts[0].replacing(";.", with: ".") == name { return Int(parts[1]) }
        }
        return nil
    }
}

/// A line of an access log and what it says.
struct LogLine: Sendable {
    let text: String
    let record: AccessLogRecord
}
