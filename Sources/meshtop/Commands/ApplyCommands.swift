import ArgumentParser
import Foundation
import MeshClient
import MeshState
import MeshTUI
import Synchronization

struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Create or change objects from files: entries, gateways, rules, policies.",
        discussion: """
            What a file says of an object takes the place of its spec; labels and annotations are added to those \
            that are there. Every file is checked first, and nothing is sent while one of them has an error. What is \
            applied together is undone together.
            """)
    @Option(
        name: [.customShort("f"), .customLong("filename")],
        help: ArgumentHelp(
            "A file of YAML or JSON, a folder with such files, or - for standard input; may be repeated.",
            valueName: "file"), completion: .file(extensions: ["yaml", "yml", "json"]))
    var files: [String] = []
    @Flag(help: "Print what would change and what it would do, and change nothing.")
    var dryRun = false
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if files.isEmpty { throw ValidationError("name what to apply with -f FILE, -f FOLDER or -f -") }
    }

    func run() async throws {
        try await connection.withMesh(origin: "meshtop apply") { session, snapshot in
            try await session.perform(.apply(files: files), dryRun: dryRun, snapshot: snapshot)
        }
    }
}

struct DeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete objects: a service entry by its name, others by kind and name, or by files.",
        discussion: "The name, or of several objects their number, has to be typed; without a terminal, say --yes.")
    @Argument(
        help: ArgumentHelp("The entry's name; or a kind, as kubectl knows it, and names.", valueName: "[KIND] NAME"),
        completion: .custom { words, _, _ in await Completion.names(of: Listing(.entries), words) })
    var names: [String] = []
    @Option(
        name: [.customShort("f"), .customLong("filename")],
        help: ArgumentHelp(
            "A file whose objects are deleted, or a folder with such files; may be repeated.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml", "json"]))
    var files: [String] = []
    @Flag(help: "Delete without asking.")
    var yes = false
    @Flag(help: "Print what would go and what that would do, and change nothing.")
    var dryRun = false
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if names.isEmpty == files.isEmpty {
            throw ValidationError("name an entry, a kind and names, or files with -f FILE or -f FOLDER")
        }
    }

    func run() async throws {
        try await connection.withMesh(origin: "meshtop delete") { session, snapshot in
            let plan = try await session.plan(try work(in: snapshot), snapshot: snapshot)
            if plan.requests.isEmpty { return }
            if dryRun || !yes { try await session.printReview(plan, snapshot: snapshot) }
            if dryRun { return }
            let requests = plan.requests
            if !yes {
                let (what, proof) =
                    requests.count == 1
                    ? ("the name to delete it", requests[0].target.name)
                    : ("how many to delete them", String(requests.count))
                guard try Terminal.answer(to: "Type \(what): ", orSay: "--yes") == proof else {
                    throw Failure("not deleted: \(proof) was not typed")
                }
            }
            try await session.perform(all: requests)
        }
    }

    private func work(in snapshot: MeshSnapshot) throws -> ObjectWork {
        guard let first = names.first else { return .deleteFiles(files) }
        if names.count == 1 { return .delete([try snapshot.entry(named: first).id]) }
        let kind = try ObjectKind(argument: first)
        let namespace = kind.isNamespaced ? connection.namespace ?? "default" : ""
        return .delete(
            names.dropFirst().map { ObjectKey(kind: kind.name, namespace: namespace, name: $0) })
    }
}

struct EditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edit", abstract: "Edit a service entry in $VISUAL or $EDITOR.",
        discussion: """
            The editor opens again, with what is wrong as comments on top, until the rules and the API let the entry \
            pass or the text is left as it is; then its file is kept and named.
            """)
    @Argument(
        help: "The entry's name.",
        completion: .custom { words, _, _ in await Completion.names(of: Listing(.entries), words) })
    var name: String
    @Flag(help: "Apply without asking once more.")
    var yes = false
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withMesh(origin: "meshtop edit") { session, snapshot in
            let entry = try snapshot.entry(named: name)
            let state = StateFolder()
            try state.make(state.edited)
            let loop = EditorLoop(folder: state.edited) { try Self.open($0) }
            guard case .object(let base)? = await session.readings(of: [entry.id])[entry.id] else {
                throw Failure("\(name) cannot be read")
            }
            var job = EditorJob(
                editing: base, target: entry.id, version: IstioVersion(parsing: snapshot.istioVersion) ?? .current)
            while true {
                let object: JSONValue
                switch loop.run(job) {
                case .unchanged: return print("nothing was changed")
                case .failed(let reason): throw Failure(reason)
                case .gaveUp(let reason, let file): throw Failure("\(reason); what you wrote is in \(file)")
                case .object(let edited, let file):
                    object = edited
                    job.file = file
                }
                guard let refusal = try await apply(object, job, base: base, session, snapshot) else { return }
                job.problems = [refusal]
                job.text = object.yamlText
            }
        }
    }

    /// Applies what was edited after a review; returns why it is to be edited again.
    private func apply(
        _ edited: JSONValue, _ job: EditorJob, base: JSONValue, _ session: MeshSession, _ snapshot: MeshSnapshot
    ) async throws -> String? {
        guard let target = job.target, let file = job.file else { return nil }
        var object = edited
        object["metadata"]?["resourceVersion"] = base["metadata"]?["resourceVersion"]
        let request = ChangeRequest(id: 1, target: target, action: .replace(object), summary: "change \(target.name)")
        if !yes {
            let current = await session.readings(of: [target])
            try await session.printReview([request], current: current, snapshot: snapshot)
            guard try Terminal.answer(to: "Apply? [y/N] ", orSay: "--yes").lowercased().hasPrefix("y") else {
                throw Failure("not applied; what you wrote is in \(file)")
            }
        }
        try Configuration.requireUnlocked(context: session.identity.context)
        switch await session.perform(request) {
        case .done(_, let warnings):
            warnings.forEach { warn("Warning: \($0)") }
            try FileManager.default.removeItem(atPath: file)
            print("\(request.summary): done")
            return nil
        case .failed(let message, isConflict: true):
            throw Failure("\(message); what you wrote is in \(file): `meshtop edit \(name)` shows what it is now")
        case .failed(let message, isConflict: false): return message
        }
    }

    /// Runs the editor in this terminal.
    private static func open(_ file: String) throws -> Int32 {
        let process = Process()
        let command = EditorLoop.command(for: file)
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        try process.run()
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }
}

/// Questions on the terminal of a command.
private enum Terminal {
    /// The line that the user types.
    static func answer(to question: String, orSay flag: String) throws -> String {
        guard isatty(STDIN_FILENO) == 1 else { throw Failure("there is no terminal to ask on: say \(flag)") }
        FileHandle.standardError.write(Data(question.utf8))
        return readLine() ?? ""
    }
}

extension MeshSnapshot {
    /// The one entry of this name.
    func entry(named name: String) throws -> ServiceEntry {
        let found = entries.map(\.entry).filter { $0.meta.name == name }
        guard let first = found.first else {
            throw Failure("there is no service entry \(name); `meshtop entries` lists them")
        }
        guard found.count == 1 else {
            let namespaces = found.map(\.meta.namespace).sorted().joined(separator: ", ")
            throw Failure("service entry \(name) is in several namespaces (\(namespaces)); say which one with -n")
        }
        return first
    }
}

extension MeshSession {
    /// What a work comes to; what is as asked already, and what the rules remark, is printed.
    nonisolated func plan(_ work: ObjectWork, snapshot: MeshSnapshot) async throws -> ObjectPlan {
        switch await gather(work) {
        case .failed(let reason): throw Failure(reason)
        case .objects(let objects):
            do throws(ChangeRefusal) {
                let version = IstioVersion(parsing: snapshot.istioVersion) ?? .current
                let plan = try ObjectPlan(work, objects, version: version)
                plan.warnings.forEach { warn("Warning: \($0)") }
                for key in plan.unchanged { print("\(key): unchanged") }
                return plan
            } catch {
                throw Failure("nothing is done:\n\(error.reason)")
            }
        }
    }

    /// Does what a work comes to, or prints what that would be.
    func perform(_ work: ObjectWork, dryRun: Bool, snapshot: MeshSnapshot) async throws {
        let plan = try await plan(work, snapshot: snapshot)
        if dryRun { try await printReview(plan, snapshot: snapshot) } else { try await perform(all: plan.requests) }
    }

    /// Prints what changes are and would do.
    fileprivate func printReview(_ plan: ObjectPlan, snapshot: MeshSnapshot) async throws {
        guard !plan.requests.isEmpty else { return }
        let current = plan.bases.mapValues { ObjectReading.object($0) }
        try await printReview(plan.requests, current: current, snapshot: snapshot)
    }

    /// The same of changes to objects as they were read.
    fileprivate func printReview(
        _ requests: [ChangeRequest], current: [ObjectKey: ObjectReading], snapshot: MeshSnapshot
    ) async throws {
        let foresight = await foresee(requests)
        print(
            ReviewText.text(requests, current: current, foresight: foresight, snapshot: snapshot), terminator: "")
    }

    /// Makes changes together and tells of each.
    nonisolated func perform(all requests: [ChangeRequest]) async throws {
        try Configuration.requireUnlocked(context: identity.context)
        let failures = Mutex(0)
        await perform(together: requests) { request, result in
            switch result {
            case .done(_, let warnings):
                warnings.forEach { warn("Warning: \($0)") }
                print("\(request.target): \(request.summary): done")
            case .failed(let message, _):
                warn("\(request.target): \(request.summary): \(message)")
                failures.withLock { $0 += 1 }
            }
        }
        if failures.withLock({ $0 }) > 0 { throw ExitCode.failure }
    }
}
