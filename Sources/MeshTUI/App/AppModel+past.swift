import FoundationEssentials
import MeshState

/// A way to go in what was recorded.
public enum TimeStep: Sendable, Hashable {
    /// To the moment before, or after, at which something had changed.
    case previous, next
    /// So many seconds, back or forth.
    case by(Double)
    case present
}

extension AppModel {
    /// How far the larger steps go, in seconds.
    static let largeStep = 300.0

    /// Shows the mesh as it was; nil for as it is. What happens meanwhile is taken in all the same.
    mutating func look(at snapshot: MeshSnapshot?) {
        if snapshot == nil, isReplay {
            say("the recording ends here")
            return
        }
        guard snapshot != nil || past != nil else { return }
        if past == nil, !isReplay {
            say("[ ] { } step in time, Esc returns")
        }
        past = snapshot
        for pane in Panes.all {
            rebuild(pane, isSnapshot: false)
            self[pane.id].forgetChanges()
        }
        judge()
        refreshLayers()
    }

    /// ` 14:02:31 −3m `: what moment is shown, and how long before the present, or the recording's end, it was.
    var pastBadge: String? {
        guard let past else { return nil }
        let end = isReplay ? latest?.time ?? past.time : now
        let age = end.timeIntervalSince(past.time)
        let words = age < 1 ? "" : " \(Glyph.minus.text)\(WallClock.age(age))"
        return (isReplay ? " REPLAY " : " ") + clock.time(past.time) + words + " "
    }
}
