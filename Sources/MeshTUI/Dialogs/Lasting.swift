import FoundationEssentials
import MeshState

/// For how long a change shall be, as its dialog offers it.
struct Lasting: Sendable, Hashable {
    /// The change as it is for good, with what it was made from.
    let request: ChangeRequest
    let base: JSONValue?
    let lead: String
    /// nil for good.
    private(set) var seconds: Double?

    /// What `f` offers one after the other, besides for good.
    static let choices: [Double] = [300, 900, 1800, 3600, 14_400, 28_800, 86_400]

    init(_ request: ChangeRequest, base: JSONValue?, lead: String) {
        self.request = request
        self.base = base
        self.lead = lead
    }

    mutating func step(_ step: Int) {
        let all: [Double?] = [nil] + Self.choices
        let index = all.firstIndex(of: seconds) ?? 0
        seconds = all[(index + step + all.count) % all.count]
    }

    /// The change for as long as was chosen, counted from now.
    func limited(at now: Date) throws(ChangeRefusal) -> ChangeRequest {
        guard let seconds else { return request }
        return try Expiry.limit(request, before: base, to: seconds, at: now)
    }

    /// The lead with what was chosen and how to choose.
    func text(at now: Date, clock: WallClock, key: String) -> String {
        guard let seconds else { return "\(lead). Lasts for good; \(key) for a while" }
        return "\(lead). Lasts until \(clock.time(now.addingTimeInterval(seconds))); \(key) for longer"
    }
}

extension AppModel {
    /// Offers for how long the change of the dialog on top shall be.
    mutating func offerDuration(_ lasting: Lasting) {
        withTop(ConfirmDialog.self) { dialog, model in
            dialog.lead = lasting.text(at: model.now, clock: model.clock, key: model.keys.label("for-a-while"))
            dialog.lasting = lasting
        }
    }

    /// The next or previous duration: the dialog is made anew for the change that then is meant.
    mutating func chooseDuration(_ step: Int) -> [Effect] {
        guard let dialog = layers.last as? ConfirmDialog, var lasting = dialog.lasting,
            case .changes(let changes) = dialog.purpose, let change = changes.first
        else { return [] }
        lasting.step(step)
        do throws(ChangeRefusal) {
            var request = try lasting.limited(at: now)
            // What was found out for the change before is not about this one.
            lastRequest += 1
            request.id = lastRequest
            layers.removeLast()
            let effects = propose(request, row: change.row, goal: change.goal, lead: lasting.lead, base: lasting.base)
            offerDuration(lasting)
            withTop(ConfirmDialog.self) { layer, _ in layer.isApplyMarked = dialog.isApplyMarked }
            return effects
        } catch {
            say("\(keys.label("for-a-while")): \(error.reason)", isError: true)
        }
        return []
    }
}
