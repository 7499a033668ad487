import MeshState

extension CommandTable {
    /// Commands that change objects of any kind; each opens the review of all that it would do.
    static let objectCommands: [LineCommand] = [
        LineCommand(
            "apply", "FILE|FOLDER…", "Make objects what files say: entries, gateways, rules, policies",
            takesPaths: true
        ) { model, text throws(CommandMistake) in
            let files = try words(text, "apply takes files and folders").words
            return try model.gather(.apply(files: files))
        },
        LineCommand(
            "delete", "FILE|FOLDER… or KIND [NAMESPACE/]NAME…", "Delete objects, or those that files are about",
            takesPaths: true, candidates: { $0.objectWords }, run: delete),
        LineCommand(
            "label", "KIND [NAMESPACE/]NAME KEY=VALUE|KEY-…", "Set labels of an object, or take them away",
            candidates: { $0.objectWords }, run: label),
        LineCommand(
            "restart", "[NAMESPACE/]WORKLOAD", "Have the pods of a workload made anew",
            candidates: { model in model.shown?.proxies.map { "\($0.id.namespace)/\($0.workload)" } ?? [] }
        ) { model, text throws(CommandMistake) in
            let (words, namespace) = try words(text, "restart takes a workload")
            guard words.count == 1 else { throw CommandMistake("restart takes a workload") }
            let key = model.key("Pod", words[0], namespace)
            return try model.gather(.restart(namespace: key.namespace, workload: key.name))
        },
        LineCommand(
            "register", "[NAMESPACE/]NAME IP [NAME:]PORT…", "Make a virtual machine known as a service", run: register),
        LineCommand(
            "deregister", "[NAMESPACE/]NAME IP", "Take a virtual machine's address back from a service"
        ) { model, text throws(CommandMistake) in
            let (words, namespace) = try words(text, "deregister takes a service and an address")
            guard words.count == 2 else { throw CommandMistake("deregister takes a service and an address") }
            let key = model.key("Service", words[0], namespace)
            return try model.gather(.deregister(namespace: key.namespace, name: key.name, address: words[1]))
        },
    ]

    /// The words of a line, without `-n NAMESPACE`, which may stand anywhere as with kubectl; `-f` may be there or not.
    private static func words(
        _ text: String, _ usage: String
    ) throws(CommandMistake) -> (words: [String], namespace: String?) {
        var words: [String] = []
        var namespace: String?
        var rest = text.split(whereSeparator: \.isWhitespace).map(String.init)[...]
        while let word = rest.popFirst() {
            switch word {
            case "-f", "--filename": continue
            case "-n", "--namespace":
                guard let name = rest.popFirst() else { throw CommandMistake("\(word) takes a namespace") }
                namespace = name
            default: words.append(word)
            }
        }
        if words.isEmpty { throw CommandMistake(usage) }
        return (words, namespace)
    }

    private static let delete: @Sendable (inout AppModel, String) throws(CommandMistake) -> [Effect] = {
        model, text throws(CommandMistake) in
        let (words, namespace) = try words(text, "delete takes files, or a kind and names")
        guard let kind = ObjectKind(words[0]), words.count > 1 else {
            return try model.gather(.deleteFiles(words))
        }
        return try model.gather(.delete(words.dropFirst().map { model.key(kind.name, $0, namespace) }))
    }

    private static let label: @Sendable (inout AppModel, String) throws(CommandMistake) -> [Effect] = {
        model, text throws(CommandMistake) in
        let usage = "label takes a kind, a name, and KEY=VALUE or KEY-"
        let (words, namespace) = try words(text, usage)
        guard words.count > 2, let kind = ObjectKind(words[0]) else { throw CommandMistake(usage) }
        let labels: [String: String?]
        do throws(ChangeRefusal) {
            labels = try ObjectWork.labels(words.dropFirst(2))
        } catch {
            throw CommandMistake(error.reason)
        }
        return try model.gather(.label(model.key(kind.name, words[1], namespace), labels))
    }

    private static let register: @Sendable (inout AppModel, String) throws(CommandMistake) -> [Effect] = {
        model, text throws(CommandMistake) in
        let usage = "register takes a service, an address, and ports"
        let (words, namespace) = try words(text, usage)
        guard words.count > 2 else { throw CommandMistake(usage) }
        guard IPAddress(words[1]) != nil else { throw CommandMistake("\(words[1]) is no IP address") }
        var ports: [Registration.Port] = []
        for word in words.dropFirst(2) {
            guard let port = Registration.Port(word) else {
                throw CommandMistake("\(word) is no port: write it like 3306 or mysql:3306")
            }
            guard !ports.contains(where: { $0.name == port.name }) else {
                throw CommandMistake("two ports have the same name; name them, as in web:80 admin:8080")
            }
            ports.append(port)
        }
        let key = model.key("Service", words[0], namespace)
        return try model.gather(
            .register(Registration(namespace: key.namespace, name: key.name, address: words[1], ports: ports)))
    }
}

extension AppModel {
    /// Asks for what a work is about, unless nothing may be changed.
    fileprivate func gather(_ work: ObjectWork) throws(CommandMistake) -> [Effect] {
        if let reason = lockReason { throw CommandMistake(reason) }
        return [.gather(work)]
    }

    /// `NAME` or `NAMESPACE/NAME` as the key of an object.
    fileprivate func key(_ kind: String, _ text: String, _ namespace: String?) -> ObjectKey {
        let parts = text.split(separator: "/", maxSplits: 1)
        guard ObjectKind(kind)?.isNamespaced != false else {
            return ObjectKey(kind: kind, namespace: "", name: String(parts.last ?? ""))
        }
        return ObjectKey(
            kind: kind, namespace: parts.count == 2 ? String(parts[0]) : namespace ?? defaultNamespace,
            name: String(parts.last ?? ""))
    }

    /// Where objects are that name no namespace.
    private var defaultNamespace: String { latest?.identity.namespace ?? "default" }

    /// Kinds, and the objects that are known.
    fileprivate var objectWords: [String] {
        guard let shown else { return [] }
        let changed = shown.actions.compactMap { $0.change?.target }
        let known = shown.services.map(\.id) + shown.entries.map(\.id) + changed
        let pods = shown.proxies.map { "\($0.id.namespace)/\($0.id.pod)" }
        return ObjectKind.all.map { $0.name.lowercased() } + pods
            + known.map { $0.namespace.isEmpty ? $0.name : "\($0.namespace)/\($0.name)" }
    }
}
