public import FoundationEssentials
import MeshState

/// All that the console knows and shows; `update` alone changes it and `render` draws it.
public struct AppModel: Sendable {
    /// A line for the operator.
    struct Message: Sendable, Hashable {
        var text: String
        var isError: Bool
        var shownAt: Date
    }

    /// Whether changes may be made.
    enum Lock: Sendable, Hashable {
        case open
        /// By a key, which also opens it.
        case locked
        /// From outside; no key opens it.
        case forced
    }

    var size: Size
    var now: Date
    var contextName: String
    /// Who makes the changes, as it is noted in the objects.
    let user: String
    let clock: WallClock
    /// What each key does.
    let keys: KeyMap
    public internal(set) var preferences: Preferences
    /// The options as they were at the start, or as they were written to the configuration file since.
    var savedOptions: [String: String] = [:]
    var surroundings = Surroundings()
    var history = PromptHistory()
    /// What a half typed path may be completed to, as far as it was asked.
    var paths: (typed: String, candidates: [String])?
    var interval: Double
    var lock: Lock
    /// Changes of service entries that the API refuses to the operator, by namespace.
    var denied: [String: Set<ActionRecord.Verb>] = [:]
    /// The mesh as it is; also while paused.
    var latest: MeshSnapshot?
    var pause: Pause?
    /// The mesh as it was, while the operator looks back.
    var past: MeshSnapshot?
    /// Whether all this comes from a recording, which has no present.
    let isReplay: Bool
    var focus = PaneID.services
    var isZoomed = false
    var panes: [PaneID: PaneState]
    /// What lies over the panes; the last one is on top.
    var layers: [any Layer] = []
    var message: Message?
    /// Errors that were shown and are not in the log yet.
    var unlogged: [String] = []
    /// Entries that end, and when.
    var expiries: [ObjectKey: Date] = [:]
    /// Entries that are over and when their end was last asked for.
    var enforced: [ObjectKey: Date] = [:]
    var progress: [RowID: ChangeProgress] = [:]
    /// An entry that was just made: it is selected when it is seen, unless a key was pressed meanwhile.
    var arrival: RowID?
    /// Where jumps began, the latest one last.
    var trail: [Place] = []
    /// What the details that are shown have asked of the mesh configuration.
    var answers: [RowID: (question: Question, answer: Answer)] = [:]
    /// How far the mesh as a whole is known.
    var health = DataState.loading
    /// Forms that are half written, as they are kept in files.
    var drafts: [Draft] = []
    /// The highest number that a change of ours has had.
    var lastRequest = 0

    /// A console without data yet. `contextName` is the kubeconfig's context or `lab`, `user` is noted in what the
    /// operator changes, `interval` is the seconds between two polls, and `readOnly` locks changes for good.
    public init(
        size: Size, now: Date, contextName: String, user: String, readOnly: Bool = false, interval: Double = 1,
        preferences: Preferences = Preferences(), keys: KeyMap = .standard, clock: WallClock = WallClock(),
        isReplay: Bool = false
    ) {
        self.size = size
        self.now = now
        self.contextName = contextName
        self.user = user
        self.interval = interval
        self.preferences = preferences
        self.keys = keys
        self.clock = clock
        self.isReplay = isReplay
        lock = readOnly || isReplay ? .forced : .open
        panes = Dictionary(uniqueKeysWithValues: Panes.all.map { ($0.id, PaneState(sort: $0.defaultSort)) })
        savedOptions = options
    }

    /// A row of a pane.
    struct Place: Sendable, Hashable {
        var pane: PaneID
        var row: RowID?
    }

    /// What is on the screen stands still while this is there.
    struct Pause: Sendable {
        var since: Date
        var snapshot: MeshSnapshot?
        /// Rows that differ by now from what is shown.
        var unseen = 0
    }
}

extension AppModel {
    /// The mesh as it is shown: as it was when looking back or paused, else as it is.
    var shown: MeshSnapshot? { past ?? pause.map(\.snapshot) ?? latest }

    /// The moment that ages are counted to.
    var shownNow: Date { past?.time ?? pause?.since ?? now }

    var isReadOnly: Bool { lockReason != nil }

    /// The pane that keys go to.
    var pane: any Pane { Panes.pane(focus) }

    subscript(id: PaneID) -> PaneState {
        get { panes[id] ?? PaneState(sort: Panes.pane(id).defaultSort) }
        set { panes[id] = newValue }
    }

    /// The focused pane's state.
    var current: PaneState {
        get { self[focus] }
        set { self[focus] = newValue }
    }

    /// The selected row of the focused pane with the snapshot that it lies in; nil when the pane is empty.
    var selection: (row: RowRef, snapshot: MeshSnapshot)? {
        guard let shown, let row = current.selected else { return nil }
        return (row, shown)
    }

    var context: RowContext {
        var context = RowContext(
            snapshot: shown ?? MeshSnapshot(time: now, identity: MeshIdentity(context: contextName, server: "")),
            now: shownNow, clock: clock, progress: past == nil ? progress : [:])
        context.answers = answers.mapValues(\.answer)
        return context
    }

    var layout: Layout { Layout(size: size, focus: focus, isZoomed: isZoomed) }

    /// How many rows of a pane fit on the screen; none when the pane is not on it.
    func visibleRows(of id: PaneID) -> Int { layout.box(of: id)?.visibleRows ?? 0 }

    /// Forgets the mesh that was looked at; what the operator has set up of the panes stays.
    mutating func switchMesh(to context: String, readOnly: Bool) {
        contextName = context
        lock = readOnly ? .forced : lock == .forced ? .open : lock
        denied = [:]
        latest = nil
        pause = nil
        past = nil
        expiries = [:]
        enforced = [:]
        layers = []
        progress = [:]
        for pane in Panes.all {
            var state = PaneState(sort: self[pane.id].sort)
            state.filter = self[pane.id].filter
            self[pane.id] = state
        }
        judge()
        say("Looking at \(context)")
    }

    mutating func say(_ text: String, isError: Bool = false) {
        message = Message(text: text, isError: isError, shownAt: now)
        if isError { unlogged.append(text) }
    }

    /// The errors that the log shall have.
    mutating func takeUnlogged() -> [Effect] {
        defer { unlogged = [] }
        return unlogged.map { .log($0) }
    }

    /// What the keys mean now.
    var scope: KeyScope { layers.last?.scope ?? .list }

    /// Gives the topmost layer to a closure if it is of the kind that is asked for.
    mutating func withTop<Kind: Layer>(_ kind: Kind.Type, _ change: (inout Kind, AppModel) -> Void) {
        guard var top = layers.last as? Kind else { return }
        change(&top, self)
        layers[layers.count - 1] = top
    }
}
