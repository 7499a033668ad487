import Foundation
import Glibc
import MeshClient
import MeshState
import MeshTUI
import Synchronization

/// The session that the console shows; another one takes its place when the operator looks elsewhere.
final class SessionHolder: Sendable {
    private struct State: Sendable {
        var session: MeshSession
        var connection: ConnectionOptions
        var started = Date()
        var refreshes = 0
    }

    private let state: Mutex<State>

    init(_ session: MeshSession, _ connection: ConnectionOptions) {
        state = Mutex(State(session: session, connection: connection))
    }

    var session: MeshSession { state.withLock(\.session) }
    var connection: ConnectionOptions { state.withLock(\.connection) }
    var started: Date { state.withLock(\.started) }
    /// How often the operator has had every source asked again.
    var refreshes: Int { state.withLock(\.refreshes) }

    func noteRefresh() { state.withLock { $0.refreshes += 1 } }

    /// Does something while the session is the one that is shown; nothing once another has taken its place.
    func ifCurrent(_ session: MeshSession, _ act: () -> Void) {
        state.withLock { if $0.session === session { act() } }
    }

    /// Puts another session in the place of the present one, which is returned.
    func replace(by session: MeshSession, _ connection: ConnectionOptions, _ act: () -> Void) -> MeshSession {
        state.withLock { state in
            let old = state.session
            state = State(session: session, connection: connection)
            act()
            return old
        }
    }
}

extension ConsoleRunner {
    /// Carries out what concerns meshtop's own files and which mesh is looked at.
    func carryOutAround(_ effect: Effect, _ inbox: Inbox) {
        switch effect {
        case .lookAround: Task { inbox.put(.surroundings(surroundings())) }
        case .loadTheme(let name):
            let (theme, complaints) = ThemeLibrary(folders: Places().themeFolders).theme(name)
            // A name that means nothing is no reason to leave the theme that is shown.
            if theme.name == name { inbox.put(.theme(theme)) }
            for complaint in complaints { inbox.put(.message(complaint, isError: true)) }
        case .remember(let history):
            do { try PromptHistoryFile().write(history) } catch {
                inbox.put(.message("the line is not remembered: \(error)", isError: true))
            }
        case .writeSettings(let values): write(values, inbox)
        case .switchMesh(let context, let namespace):
            Task { await switchMesh(to: context, namespace, inbox) }
        default: break
        }
    }

    private func surroundings() -> Surroundings {
        let library = ThemeLibrary(folders: Places().themeFolders)
        let themes = library.names.compactMap { name in
            let theme = library.theme(name).theme
            // A file that is broken stands for the default, which is in the list already.
            return theme.name == name ? theme : nil
        }
        return Surroundings(
            themes: themes,
            contexts: contexts, paths: PathInUse.all(),
            requests: (holder.session.source.client.requestCount, Date().timeIntervalSince(holder.started)))
    }

    /// The lab, if it runs, and the contexts of the kubeconfig; none where there is no kubeconfig.
    private var contexts: [String] {
        let named = (try? Kubeconfig(path: holder.connection.kubeconfig).contextNames) ?? []
        let hasLab = (try? ConnectionOptions.labContext()) ?? nil
        return (hasLab.map { [$0] } ?? []) + named
    }

    private func write(_ values: [String: String], _ inbox: Inbox) {
        do {
            let file = Places().configurationFile
            try ConfigurationEditor.write(values, to: file)
            let names = values.keys.sorted().joined(separator: ", ")
            inbox.put(.message("\(names) written to \(file.path)", isError: false))
        } catch {
            inbox.put(.message("options not written: \(error)", isError: true))
        }
    }

    private func switchMesh(to context: String?, _ namespace: NamespaceChoice, _ inbox: Inbox) async {
        var connection = holder.connection
        do {
            if let context {
                // The lab is looked at where nothing else is named.
                let isLab = try ConnectionOptions.labContext() == context
                connection.context = isLab ? nil : context
                if isLab { connection.kubeconfig = nil }
                connection.server = nil
            }
            switch namespace {
            case .same: break
            case .all: connection.namespace = nil
            case .one(let name): connection.namespace = name
            }
            let session = try connection.session(interval: screen.interval, origin: "console")
            let name = session.identity.context
            let isReadOnly = try ConsoleSetup(screen, context: name).isReadOnly
            let old = holder.replace(by: session, connection) {
                inbox.put(.switched(context: name, readOnly: isReadOnly))
            }
            Task { await feed(inbox, from: session) }
            await old.stop()
        } catch {
            inbox.put(.message("cannot look at \(context ?? "that namespace"): \(error)", isError: true))
        }
    }
}

/// The lines that were typed into prompts, in the state folder.
struct PromptHistoryFile {
    var folder = StateFolder()
    private var file: URL { folder.prompts }

    /// nil where there is none yet, or none that can be read: the next line typed begins anew.
    func read() -> PromptHistory? {
        guard let data = try? Data(contentsOf: file) else { return nil }
        return try? JSONDecoder().decode(PromptHistory.self, from: data)
    }

    func write(_ history: PromptHistory) throws {
        try folder.make(folder.url)
        try PrivateFile.write(JSONEncoder().encode(history), to: file)
    }
}

/// Files for their owner alone.
enum PrivateFile {
    /// Writes the whole file or nothing of it, with mode 0600.
    static func write(_ data: Data, to file: URL) throws {
        let draft = file.appendingPathExtension("new-\(ProcessInfo.processInfo.processIdentifier)")
        guard FileManager.default.createFile(
            atPath: draft.path, contents: data, attributes: [.posixPermissions: 0o600])
        else { throw Failure("cannot write \(draft.path)") }
        guard rename(draft.path, file.path) == 0 else {
            throw Failure("cannot write \(file.path): \(String(cString: strerror(errno)))")
        }
    }
}
