import Foundation
import Testing

@testable import MeshClient

struct KubeconfigTests {
    private static let whole = """
        apiVersion: v1
        kind: Config
        current-context: lab
        contexts:
        - name: lab
          context: {cluster: lab, user: operator, namespace: shop}
        - name: plain
          context: {cluster: plain}
        - {name: broken-cluster, context: {cluster: nowhere}}
        - {name: broken-user, context: {cluster: lab, user: nobody}}
        - {name: no-cluster, context: {user: operator}}
        - {name: bad-server, context: {cluster: bad-server}}
        - {name: no-server, context: {cluster: no-server}}
        - {name: proxied, context: {cluster: proxied}}
        - {name: bad-data, context: {cluster: bad-data}}
        - {name: no-file, context: {cluster: no-file}}
        - {name: bad-bool, context: {cluster: bad-bool}}
        - {name: half-certificate, context: {cluster: lab, user: half}}
        - {name: old-provider, context: {cluster: lab, user: old}}
        - {name: old-exec, context: {cluster: lab, user: old-exec}}
        - {name: empty-exec, context: {cluster: lab, user: empty-exec}}
        - {name: basic, context: {cluster: lab, user: basic}}
        - {name: file, context: {cluster: lab, user: file}}
        - {name: exec, context: {cluster: lab, user: exec}}
        - {name: number, context: {cluster: lab, user: number}}
        clusters:
        - name: lab
          cluster:
            server: https://127.0.0.1:6443/
            certificate-authority-data: Y2VydA==
            tls-server-name: kubernetes
        - {name: plain, cluster: {server: "http://127.0.0.1:8080", insecure-skip-tls-verify: true}}
        - {name: bad-server, cluster: {server: "127.0.0.1:6443"}}
        - {name: no-server, cluster: {}}
        - {name: proxied, cluster: {server: "https://a:1", proxy-url: "socks5://b"}}
        - {name: bad-data, cluster: {server: "https://a:1", certificate-authority-data: "%%%"}}
        - {name: no-file, cluster: {server: "https://a:1", certificate-authority: missing.pem}}
        - {name: bad-bool, cluster: {server: "https://a:1", insecure-skip-tls-verify: maybe}}
        users:
        - {name: operator, user: {token: s3cret, client-certificate-data: Y2hhaW4=, client-key-data: a2V5}}
        - {name: half, user: {client-certificate-data: Y2hhaW4=}}
        - {name: old, user: {auth-provider: {name: gcp}}}
        - {name: old-exec, user: {exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}}}
        - {name: empty-exec, user: {exec: {apiVersion: client.authentication.k8s.io/v1}}}
        - {name: basic, user: {username: me, password: "12 34"}}
        - {name: file, user: {tokenFile: secrets/token}}
        - {name: number, user: {token: 1e5}}
        - name: exec
          user:
            exec:
              apiVersion: client.authentication.k8s.io/v1beta1
              command: bin/login
              args: [--cluster, lab]
              env: [{name: REGION, value: eu}]
              installHint: get it from the platform team
        """

    private let config: Kubeconfig

    init() throws {
        config = try Kubeconfig(text: Self.whole, file: URL(filePath: "/etc/mesh/config"))
    }

    @Test func readsTheCurrentContext() throws {
        #expect(config.currentContext == "lab")
        let access = try config.access()
        #expect(access.context == "lab")
        #expect(access.server == "https://127.0.0.1:6443")
        #expect(access.namespace == "shop")
        #expect(access.tls == .init(authorities: Data("cert".utf8), serverName: "kubernetes"))
        #expect(access.token == .bearer("s3cret"))
        #expect(access.certificate == .init(chain: Data("chain".utf8), key: Data("key".utf8)))
    }

    @Test func readsAContextWithoutAUser() throws {
        let access = try config.access(context: "plain")
        #expect(access.token == .none)
        #expect(access.namespace == "default")
        #expect(access.tls.skipsVerification)
    }

    @Test func readsEachWayToSignIn() throws {
        #expect(try config.access(context: "basic").token == .basic(user: "me", password: "12 34"))
        #expect(
            try config.access(context: "number").token == .bearer("1e5"), "a token stays the text it was written as")
        guard case .file(let file) = try config.access(context: "file").token else {
            Issue.record("no token file")
            return
        }
        #expect(file.path == "/etc/mesh/secrets/token")
        #expect(
            try config.access(context: "exec").token
                == .command(
                    CredentialCommand(
                        apiVersion: "client.authentication.k8s.io/v1beta1", command: "/etc/mesh/bin/login",
                        arguments: ["--cluster", "lab"], environment: ["REGION": "eu"],
                        installHint: "get it from the platform team")))
    }

    /// Each fault names the file, the field and a remedy.
    @Test(arguments: [
        ("absent", "contexts: there is no context", "lab"),
        ("broken-cluster", "contexts[broken-cluster].context.cluster: there is no cluster \"nowhere\"", "plain"),
        ("broken-user", "contexts[broken-user].context.user: there is no user \"nobody\"", "operator"),
        ("no-cluster", "contexts[no-cluster].context.cluster: the cluster is missing", "name one"),
        ("bad-server", "clusters[bad-server].cluster.server: \"127.0.0.1:6443\" is no address", "https://HOST:PORT"),
        ("no-server", "clusters[no-server].cluster.server: the address of the API is missing", "https://HOST:PORT"),
        ("proxied", "clusters[proxied].cluster.proxy-url: proxies are not supported", "remove it"),
        ("bad-data", "clusters[bad-data].cluster.certificate-authority-data: this is not Base64", "base64 -w0"),
        ("no-file", "certificate-authority: /etc/mesh/missing.pem cannot be read", "check the path"),
        ("bad-bool", "insecure-skip-tls-verify: \"maybe\" is neither", "true or false"),
        ("half-certificate", "users[half].user.client-key: a client certificate needs its key", "client-key-data"),
        ("old-provider", "users[old].user.auth-provider", "use exec"),
        ("old-exec", "users[old-exec].user.exec.apiVersion", "client.authentication.k8s.io/v1"),
        ("empty-exec", "users[empty-exec].user.exec.command: the command is missing", "name the plug-in"),
    ])
    func faultsSayWhatToDo(context: String, problem: String, remedy: String) throws {
        let error = #expect(throws: AccessError.self) { try config.access(context: context) }
        let text = try #require(error).description
        #expect(text.hasPrefix("/etc/mesh/config: "))
        #expect(text.contains(problem), "\(text)")
        #expect(text.contains(remedy), "\(text)")
    }

    @Test(arguments: [
        ("a: [", "not YAML"), ("- a", "a kubeconfig is a map"), ("kind: Pod", "kind: this is a Pod"),
        ("contexts: {}", "contexts: this is a map where a list belongs"),
        ("clusters: [{}]", "clusters[0].name: the name is missing"),
        ("users: [{name: ''}]", "users[0].name: the name is missing"),
    ])
    func badFilesSayWhere(text: String, problem: String) throws {
        let error = #expect(throws: AccessError.self) {
            try Kubeconfig(text: text, file: URL(filePath: "/x"))
        }
        #expect(try #require(error).description.contains(problem))
    }

    @Test(arguments: ["", "---", "contexts: null"]) func anEmptyFileHasNoContext(text: String) throws {
        let config = try Kubeconfig(text: text, file: URL(filePath: "/x"))
        let error = #expect(throws: AccessError.self) { try config.access() }
        #expect(try #require(error).field == "current-context")
    }

    @Test func hostileNamesAreMadeSafe() throws {
        let error = #expect(throws: AccessError.self) { try config.access(context: "\u{1B}[2J") }
        #expect(!(try #require(error).description.contains("\u{1B}")))
    }
}

/// Files on disk, as `$KUBECONFIG` lists them.
struct KubeconfigFileTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "kubeconfig-\(UUID().uuidString)")

    private func write(_ name: String, _ text: String) throws -> String {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: name)
        try text.write(to: file, atomically: true, encoding: .utf8)
        return file.path
    }

    @Test func theFirstFileThatDefinesAThingWins() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let first = try write(
            "first",
            "current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\n"
                + "clusters: [{name: c, cluster: {server: 'https://first:1'}}]")
        let second = try write(
            "second",
            "current-context: b\ncontexts: [{name: b, context: {cluster: c}}]\n"
                + "clusters: [{name: c, cluster: {server: 'https://second:1'}}]")
        let config = try Kubeconfig(environment: ["KUBECONFIG": "\(first):/no/such/file::\(second)"])
        #expect(config.contextNames == ["a", "b"])
        #expect(config.currentContext == "a")
        #expect(try config.access(context: "b").server == "https://first:1")
    }

    @Test func withoutAListTheHomeFolderCounts() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(
            at: folder.appending(path: ".kube"), withIntermediateDirectories: true)
        _ = try write(".kube/config", "current-context: home")
        #expect(try Kubeconfig(environment: ["HOME": folder.path]).currentContext == "home")
    }

    @Test func noFileAtAllIsAnErrorThatSaysWhatToDo() throws {
        let none = #expect(throws: AccessError.self) { try Kubeconfig(environment: ["HOME": "/no/such/home"]) }
        #expect(try #require(none).description.contains("/no/such/home/.kube/config: there is no such file"))
        #expect(try #require(none).description.contains("--server"))
        let named = #expect(throws: AccessError.self) { try Kubeconfig(path: "/no/such/file") }
        #expect(try #require(named).description.contains("/no/such/file: there is no such file"))
    }
}

struct ClusterAccessTests {
    @Test func serverOptionGivesAnAccess() throws {
        let access = try ClusterAccess(server: "https://api.example.com:6443/", token: "t")
        #expect(access.server == "https://api.example.com:6443")
        #expect(access.token == .bearer("t"))
    }

    @Test(arguments: ["", "api.example.com", "ftp://x", "https://"]) func badServersAreRefused(text: String) {
        #expect(throws: AccessError.self) { try ClusterAccess(server: text) }
    }

    @Test func certificatesThatAreNoneAreNamed() throws {
        var access = ClusterAccess(context: "lab", server: "https://a:1")
        access.tls.authorities = Data("nonsense".utf8)
        let error = #expect(throws: AccessError.self) { try KubernetesClient(access: access) }
        #expect(try #require(error).description.contains("certificate-authority"))
    }
}
