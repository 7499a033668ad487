import ArgumentParser
import Foundation
import MeshClient
import MeshState
import MeshTUI

struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Create or change service entries from files.",
        discussion: """
            What a file says of an entry takes the place of its spec; labels and annotations are added to those that \
            are there. Every file is checked first, and nothing is sent while one of them has an error.
            """)
    @Option(
        name: [.customShort("f"), .customLong("filename")],
        help: ArgumentHelp(
            "A file of YAML or JSON, a folder of such files, or - for standard input; may be repeated.",
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
            let namespace = connection.namespace ?? snapshot.identity.namespace ?? "default"
            let manifests = try Manifest.read(files, namespace: namespace)
            try Self.check(manifests, version: IstioVersion(parsing: snapshot.istioVersion) ?? .current)
            let current = await session.readings(of: manifests.map(\.key))
            var requests: [ChangeRequest] = []
            for (index, manifest) in manifests.enumerated() {
                guard let request = try Self.request(manifest, current[manifest.key], id: index + 1) else {
                    print("\(manifest.key): unchanged")
                    continue
                }
                requests.append(request)
            }
            if dryRun { return try await session.printReview(requests, current: current, snapshot: snapshot) }
            try await session.perform(all: requests)
        }
    }

    private static func check(_ manifests: [Manifest], version: IstioVersion) throws {
        var errors: [String] = []
        var keys: Set<ObjectKey> = []
        for manifest in manifests {
            let name = "\(manifest.file): \(manifest.key)".madeSafe
            if manifest.key.kind != ServiceEntry.kind {
                errors.append("\(name): meshtop changes service entries alone; apply it with kubectl")
                continue
            }
            for problem in ManifestCheck.problems(in: manifest.object, version: version) {
                let text = "\(name): \(problem.path): \(problem.message)".madeSafe
                if problem.severity == .error { errors.append(text) } else { warn("Warning: \(text)") }
            }
            if !keys.insert(manifest.key).inserted { errors.append("\(name): stands here twice") }
        }
        if !errors.isEmpty { throw Failure("nothing is applied:\n" + errors.joined(separator: "\n")) }
    }

    /// The change that makes an object what a file says; nil where it is so already.
    private static func request(_ manifest: Manifest, _ reading: ObjectReading?, id: Int) throws -> ChangeRequest? {
        let key = manifest.key
        switch reading {
        case .failed(let reason): throw Failure("\(key): \(reason)")
        case .absent, nil:
            return ChangeRequest(id: id, target: key, action: .create(manifest.object), summary: "add \(key.name)")
        case .object(let current):
            let object = current.applying(manifest.object)
            guard object.withoutServerFields != current.withoutServerFields else { return nil }
            return ChangeRequest(id: id, target: key, action: .replace(object), summary: "change \(key.name)")
        }
    }
}

struct DeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a service entry.",
        discussion: "The name has to be typed once more; without a terminal, say --yes.")
    @Argument(
        help: "The entry's name.",
        completion: .custom { words, _, _ in await Completion.names(of: Listing(.entries), words) })
    var name: String
    @Flag(help: "Delete it without asking.")
    var yes = false
    @Flag(help: "Print what would go and what that would do, and change nothing.")
    var dryRun = false
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withMesh(origin: "meshtop delete") { session, snapshot in
            let entry = try snapshot.entry(named: name)
            let request = ChangeRequest(
                id: 1, target: entry.id, action: .delete(resourceVersion: entry.meta.resourceVersion),
                summary: "delete \(name)")
            if dryRun || !yes {
                let current = await session.readings(of: [entry.id])
                try await session.printReview([request], current: current, snapshot: snapshot)
            }
            if dryRun { return }
            if !yes, try Terminal.answer(to: "Type the name to delete it: ", orSay: "--yes") != name {
                throw Failure("not deleted: the name was not typed")
            }
            try await session.perform(all: [request])
        }
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

extension Manifest {
    fileprivate var key: ObjectKey {
        ObjectKey(
            kind: object["kind"]?.stringValue ?? "", namespace: object["metadata"]?["namespace"]?.stringValue ?? "",
            name: object["metadata"]?["name"]?.stringValue ?? "")
    }
}

extension JSONValue {
    /// This object with what a file says of it: its spec, and its labels and annotations besides those that are there.
    fileprivate func applying(_ manifest: JSONValue) -> JSONValue {
        var object = self.withoutManagedFields
        object["status"] = nil
        object["spec"] = manifest["spec"]
        for map in ["labels", "annotations"] {
            let added = manifest["metadata"]?[map]?.objectValue ?? [:]
            guard !added.isEmpty else { continue }
            let here = object["metadata"]?[map]?.objectValue ?? [:]
            object["metadata"]?[map] = .object(here.merging(added) { _, new in new })
        }
        return object
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
    /// Prints what changes are and would do.
    fileprivate func printReview(
        _ requests: [ChangeRequest], current: [ObjectKey: ObjectReading], snapshot: MeshSnapshot
    ) async throws {
        guard !requests.isEmpty else { return }
        let foresight = await foresee(requests)
        print(
            ReviewText.text(requests, current: current, foresight: foresight, snapshot: snapshot), terminator: "")
    }

    /// Makes changes one after the other and tells of each; one that fails does not keep the others.
    fileprivate func perform(all requests: [ChangeRequest]) async throws {
        var failures = 0
        for request in requests {
            switch await perform(request) {
            case .done(_, let warnings):
                warnings.forEach { warn("Warning: \($0)") }
                print("\(request.target): \(request.summary): done")
            case .failed(let message, _):
                warn("\(request.target): \(request.summary): \(message)")
                failures += 1
            }
        }
        if failures > 0 { throw ExitCode.failure }
    }
}
