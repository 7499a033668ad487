import CursesTerminal
import Foundation
import Glibc
import MeshClient
import MeshState
import MeshTUI
import Synchronization

/// Runs the console: one thread owns the terminal, `update` and `render`; tasks bring it events and carry out effects.
struct ConsoleRunner: Sendable {
    /// How the console ended.
    enum Ending: Sendable {
        case quit
        case signal(Int32)

        /// Ends the process as its parent expects: by the signal that asked for it.
        func finish() {
            if case .signal(let number) = self { Terminal.end(by: number) }
        }
    }

    let holder: SessionHolder
    let screen: ScreenOptions
    var session: MeshSession { holder.session }
    let configurations = ConfigurationCache()
    /// A busy mesh is drawn this often at most; a key is answered at once.
    private static let snapshotPause = Duration.milliseconds(80)
    /// What one poll brings comes in several parts, which are shown as one.
    private static let pollSpread = Duration.milliseconds(20)

    /// `connection` is how the session was made, to make others like it.
    init(session: MeshSession, connection: ConnectionOptions, screen: ScreenOptions) {
        holder = SessionHolder(session, connection)
        self.screen = screen
    }

    /// Shows the console until the user or a signal ends it.
    func run() async throws -> Ending {
        let ending = try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Ending, any Error>) in
            let thread = Thread { continuation.resume(with: Result { try self.loop() }) }
            thread.name = "terminal"
            thread.stackSize = 8 << 20
            thread.start()
        }
        await session.stop()
        return ending
    }

    private func loop() throws -> Ending {
        let setup = try ConsoleSetup(screen, context: session.identity.context)
        let terminal = try Terminal(TerminalOptions(color: screen.color))
        defer { terminal.close() }
        let inbox = Inbox(waker: terminal.waker)
        let feeder = Task { await feed(inbox, from: session) }
        defer { feeder.cancel() }
        terminal.setMouse(screen.mouse)
        if setup.asksForBackground { terminal.askBackground() }

        var model = AppModel(
            size: terminal.size, now: Date(), contextName: session.identity.context, user: NSUserName(),
            readOnly: setup.isReadOnly, interval: screen.interval, preferences: setup.preferences, keys: setup.keys,
            clock: .local, isReplay: session.replay != nil)
        if let history = PromptHistoryFile().read() { _ = update(&model, .remembered(history)) }
        // Known before the first key can ask for it.
        carryOutAround(.lookAround, inbox)
        for complaint in setup.complaints {
            for effect in update(&model, .message(complaint, isError: true)) where carryOut(effect, terminal, inbox) {
                return .quit
            }
        }
        var picture = Picture(terminal)
        if screen.watch { model.watch() }
        _ = update(&model, .drafts(readDrafts(inbox)))
        while true {
            picture.draw(model)
            // Keys come first: what the mesh has done waits until they are on the screen.
            let happenings = terminal.wait(until: inbox.isEmpty ? Self.instant(of: model.nextDue) : .now)
            // What a key does may depend on the time.
            if !happenings.isEmpty {
                for effect in update(&model, .tick(Date())) where carryOut(effect, terminal, inbox) { return .quit }
            }
            for happening in happenings {
                let event: Event
                switch happening {
                case .key(let key): event = .key(key)
                case .mouse(let mouse): event = .mouse(mouse)
                case .background(let isLight):
                    // Whoever has chosen a theme meanwhile keeps it.
                    guard isLight, model.preferences.theme == setup.preferences.theme else { continue }
                    event = .standardTheme(setup.themes.theme(ThemeLibrary.light).theme)
                case .resize(let size): event = .resize(size)
                case .signal(let number): return end(&model, by: number, terminal, inbox)
                case .closed: return end(&model, by: SIGHUP, terminal, inbox)
                }
                for effect in update(&model, event) where carryOut(effect, terminal, inbox) { return .quit }
            }
            guard happenings.isEmpty else { continue }
            for event in inbox.take() + [.tick(Date())] {
                for effect in update(&model, event) where carryOut(effect, terminal, inbox) { return .quit }
            }
        }
    }

    /// Keeps what is half written, as nothing can be asked any more.
    private func end(_ model: inout AppModel, by signal: Int32, _ terminal: Terminal, _ inbox: Inbox) -> Ending {
        for effect in update(&model, .hangUp) { _ = carryOut(effect, terminal, inbox) }
        return .signal(signal)
    }

    private static func instant(of date: Date) -> ContinuousClock.Instant {
        .now + .milliseconds(Int(max(0, date.timeIntervalSinceNow) * 1000) + 1)
    }

    func feed(_ inbox: Inbox, from session: MeshSession) async {
        await session.record(screen.recorder.bounds)
        await session.start()
        let client = session.source.client
        let rights = RightsWatch {
            try await client.isAllowed($0)
        } tell: { [holder] namespace, denied in
            holder.ifCurrent(session) { inbox.put(.rights(namespace: namespace, denied: denied)) }
        }
        for await _ in session.changes {
            // This and the other sleep end early when the console does.
            try? await Task.sleep(for: Self.pollSpread)
            let snapshot = await session.snapshot()
            if session.replay == nil {
                // Their answers may take long, and the screen does not wait for them.
                Task { await rights.look(at: snapshot, round: holder.refreshes) }
            }
            holder.ifCurrent(session) {
                inbox.put(.snapshot(snapshot))
                if session.replay != nil { inbox.put(.past(snapshot)) }
            }
            await session.record(snapshot)
            try? await Task.sleep(for: Self.snapshotPause)
        }
    }

    /// Does what `update` asked for; true when the console is to end.
    private func carryOut(_ effect: Effect, _ terminal: Terminal, _ inbox: Inbox) -> Bool {
        switch effect {
        case .quit: return true
        case .redraw: terminal.redraw()
        case .suspend: terminal.suspend()
        case .copy(let text): terminal.copy(text)
        case .refresh:
            holder.noteRefresh()
            session.source.refresh()
        case .setInterval(let seconds): session.source.setInterval(.seconds(seconds))
        case .ask(let question): ask(question, inbox)
        case .apply(let request):
            Task { inbox.put(.changeFinished(request, await session.perform(request))) }
        case .applyTogether(let requests):
            Task { await session.perform(together: requests) { inbox.put(.changeFinished($0, $1)) } }
        case .gather(let work): Task { inbox.put(.gathered(work, await session.gather(work))) }
        case .listPaths(let typed): inbox.put(.paths(typed: typed, Self.paths(for: typed)))
        case .read(let id, let keys): Task { inbox.put(.read(id: id, await session.readings(of: keys))) }
        case .foresee(let id, let changes): Task { inbox.put(.foreseen(id: id, await session.foresee(changes))) }
        case .edit(let job): inbox.put(.edited(job, edit(job, on: terminal)))
        case .removeEdited(let file): removeEdited(file)
        case .writeDraft(let draft): write(draft, inbox)
        case .removeDraft(let id): removeDraft(id, inbox)
        case .readForUndo(let actions): Task { inbox.put(await readForUndo(actions)) }
        case .enforce(let keys): Task { await enforce(keys, inbox) }
        case .seek(let step): Task { inbox.put(await session.seek(step)) }
        case .log(let text): Task { await session.note(text) }
        case .save(let text, let name):
            do {
                inbox.put(.message("saved to \(try SavedScreens.write(text, name: name).path)", isError: false))
            } catch {
                inbox.put(.message("not saved: \(error)", isError: true))
            }
        case .setMouse(let on): terminal.setMouse(on)
        case .lookAround, .loadTheme, .remember, .writeSettings, .switchMesh: carryOutAround(effect, inbox)
        }
        return false
    }
}

/// Draws the model as the operator wants it to look.
private struct Picture {
    private let terminal: Terminal
    private var theme: Theme?
    private var level = ColorLevel.mono
    private var palette = Palette(styles: [:])

    init(_ terminal: Terminal) { self.terminal = terminal }

    mutating func draw(_ model: AppModel) {
        let capabilities = model.preferences.capabilities(of: terminal.capabilities)
        if theme != model.preferences.theme || level != capabilities.colors {
            theme = model.preferences.theme
            level = capabilities.colors
            palette = model.preferences.theme.palette(level: level)
        }
        terminal.draw(
            render(model, size: terminal.size, capabilities: capabilities), palette: palette, level: capabilities.colors)
    }
}

/// Events on their way to the terminal's thread.
final class Inbox: Sendable {
    private let events = Mutex<[Event]>([])
    private let waker: TerminalWaker

    init(waker: TerminalWaker) { self.waker = waker }

    /// Adds an event and wakes the terminal's thread. Of several snapshots only the newest is kept.
    func put(_ event: Event) {
        events.withLock { events in
            if case .snapshot = event {
                events.removeAll { if case .snapshot = $0 { true } else { false } }
            }
            events.append(event)
        }
        waker.wake()
    }

    var isEmpty: Bool { events.withLock(\.isEmpty) }

    func take() -> [Event] {
        events.withLock { events in
            defer { events = [] }
            return events
        }
    }
}
