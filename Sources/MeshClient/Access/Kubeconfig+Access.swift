import Foundation
import MeshState

extension Kubeconfig {
    /// What a context says about its cluster and user.
    ///
    /// - Parameter name: the context's name; nil for the current one.
    public func access(context name: String? = nil) throws(AccessError) -> ClusterAccess {
        guard let name = name ?? currentContext else {
            throw AccessError(
                place: origin, field: "current-context", problem: "no context is chosen",
                remedy: "name one with --context (\(known(contextNames)))")
        }
        guard let context = contexts[name] else {
            throw AccessError(
                place: origin, field: "contexts", problem: "there is no context \"\(name.madeSafe)\"",
                remedy: "choose one of them (\(known(contextNames)))")
        }
        let field = "contexts[\(name)].context"
        guard let clusterName = context.value["cluster"]?.string else {
            throw AccessError(
                place: context.file.path, field: "\(field).cluster", problem: "the cluster is missing",
                remedy: "name one (\(known(clusters.keys.sorted())))")
        }
        guard let cluster = clusters[clusterName] else {
            throw AccessError(
                place: context.file.path, field: "\(field).cluster",
                problem: "there is no cluster \"\(clusterName.madeSafe)\"",
                remedy: "choose one of them (\(known(clusters.keys.sorted())))")
        }
        var access = try Self.cluster(ConfigFields(cluster, "clusters[\(clusterName)].cluster"), context: name)
        access.namespace = context.value["namespace"]?.string ?? "default"
        if let userName = context.value["user"]?.string, !userName.isEmpty {
            guard let user = users[userName] else {
                throw AccessError(
                    place: context.file.path, field: "\(field).user",
                    problem: "there is no user \"\(userName.madeSafe)\"",
                    remedy: "choose one of them (\(known(users.keys.sorted())))")
            }
            try Self.addUser(ConfigFields(user, "users[\(userName)].user"), to: &access)
        }
        return access
    }

    private func known(_ names: [String]) -> String {
        names.isEmpty ? "there are none" : names.map(\.madeSafe).joined(separator: ", ")
    }

    private static func cluster(_ fields: ConfigFields, context: String) throws(AccessError) -> ClusterAccess {
        guard let server = try fields.string("server") else {
            throw fields.error("server", "the address of the API is missing", "write it as https://HOST:PORT")
        }
        if try fields.string("proxy-url") != nil {
            throw fields.error(
                "proxy-url", "proxies are not supported", "remove it, or reach the API by a tunnel and --server")
        }
        let address = try ClusterAccess.checked(
            server: server, in: fields.entry.file.path, field: fields.path("server"))
        return ClusterAccess(
            context: context, server: address,
            tls: .init(
                authorities: try fields.data("certificate-authority"),
                skipsVerification: try fields.bool("insecure-skip-tls-verify"),
                serverName: try fields.string("tls-server-name")))
    }

    private static func addUser(_ fields: ConfigFields, to access: inout ClusterAccess) throws(AccessError) {
        let chain = try fields.data("client-certificate")
        let key = try fields.data("client-key")
        switch (chain, key) {
        case (let chain?, let key?): access.certificate = .init(chain: chain, key: key)
        case (nil, nil): break
        case (_?, nil):
            throw fields.error("client-key", "a client certificate needs its key", "add client-key or client-key-data")
        case (nil, _?):
            throw fields.error(
                "client-certificate", "a client key needs its certificate",
                "add client-certificate or client-certificate-data")
        }
        if fields.entry.value["auth-provider"] != nil {
            throw fields.error(
                "auth-provider", "Kubernetes dropped this way of signing in", "use exec with the provider's plug-in")
        }
        if let token = try fields.string("token") {
            access.token = .bearer(token)
        } else if let file = try fields.string("tokenFile") {
            access.token = .file(fields.url(file))
        } else if let exec = fields.entry.value["exec"] {
            access.token = .command(try command(exec, fields))
        } else if let user = try fields.string("username") {
            access.token = .basic(user: user, password: try fields.string("password") ?? "")
        }
    }

    private static func command(_ exec: YAMLValue, _ fields: ConfigFields) throws(AccessError) -> CredentialCommand {
        let version = exec["apiVersion"]?.string ?? ""
        guard CredentialCommand.supportedVersions.contains(version) else {
            throw fields.error(
                "exec.apiVersion", "\"\(version.madeSafe)\" is not supported",
                "use \(CredentialCommand.supportedVersions.joined(separator: " or "))")
        }
        guard let command = exec["command"]?.string else {
            throw fields.error("exec.command", "the command is missing", "name the plug-in to run")
        }
        var arguments: [String] = []
        if case .list(let list)? = exec["args"] { arguments = list.compactMap(\.string) }
        var environment: [String: String] = [:]
        if case .list(let list)? = exec["env"] {
            for pair in list { if let name = pair["name"]?.string { environment[name] = pair["value"]?.string ?? "" } }
        }
        return CredentialCommand(
            apiVersion: version,
            command: command.contains("/") ? fields.url(command).path : command, arguments: arguments,
            environment: environment, installHint: exec["installHint"]?.string?.madeSafe)
    }
}

/// Reads the fields of one element and knows where it is, for messages.
struct ConfigFields {
    let entry: Kubeconfig.Entry
    let prefix: String

    init(_ entry: Kubeconfig.Entry, _ prefix: String) {
        self.entry = entry
        self.prefix = prefix
    }

    func path(_ field: String) -> String { "\(prefix).\(field)" }

    func error(_ field: String, _ problem: String, _ remedy: String) -> AccessError {
        AccessError(place: entry.file.path, field: path(field), problem: problem, remedy: remedy)
    }

    func string(_ field: String) throws(AccessError) -> String? {
        guard let value = entry.value[field] else { return nil }
        guard let text = value.string else {
            throw error(field, "this is \(value.kind) where a text belongs", "write it as `\(field): TEXT`")
        }
        return text.isEmpty ? nil : text
    }

    func bool(_ field: String) throws(AccessError) -> Bool {
        switch try string(field) {
        case nil, "false": false
        case "true": true
        case let text?: throw error(field, "\"\(text.madeSafe)\" is neither true nor false", "write true or false")
        }
    }

    /// A file path meant from the kubeconfig's folder.
    func url(_ path: String) -> URL { URL(filePath: path, relativeTo: entry.file.deletingLastPathComponent()) }

    /// The content of a field that comes inline as `FIELD-data` in Base64, or as a path to a file; inline comes first.
    func data(_ field: String) throws(AccessError) -> Data? {
        if let text = try string("\(field)-data") {
            guard let data = Data(base64Encoded: text, options: .ignoreUnknownCharacters), !data.isEmpty else {
                throw error("\(field)-data", "this is not Base64", "encode the PEM file with `base64 -w0`")
            }
            return data
        }
        guard let path = try string(field) else { return nil }
        let file = url(path)
        do {
            return try Data(contentsOf: file)
        } catch {
            throw self.error(field, "\(file.path) cannot be read", "check the path and its permissions")
        }
    }
}
