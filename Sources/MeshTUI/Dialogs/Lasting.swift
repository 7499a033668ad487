import FoundationEssentials
import MeshState

/// For how long changes shall be, as the field of their dialog says.
struct Lasting: Sendable, Hashable {
    let title: String
    let lead: String
    /// The changes as they are for good.
    private let changes: [ProposedChange]
    /// The entries whose end is moved by the changes; none where each change would end by itself.
    private let prolonged: [ServiceEntry]
    /// nil for good.
    var seconds: Double?

    /// What the prompt offers.
    static let choices = ["5m", "15m", "30m", "1h", "4h", "8h", "24h", "good"]

    init(_ changes: [ProposedChange], title: String, lead: String, prolonging entries: [ServiceEntry] = []) {
        self.changes = changes
        self.title = title
        self.lead = lead
        prolonged = entries
    }

    /// The changes for as long as was chosen, counted from now.
    func changes(at now: Date) throws(ChangeRefusal) -> [ProposedChange] {
        guard let seconds else { return changes }
        var limited = changes
        for index in changes.indices {
            limited[index].request =
                prolonged.isEmpty
                ? try Expiry.limit(changes[index].request, before: changes[index].base, to: seconds, at: now)
                : try Expiry.prolong(prolonged[index], to: seconds, at: now, id: changes[index].request.id)
        }
        return limited
    }

    /// The same changes as a dialog has them, with their time counted from now.
    func counted(_ shown: [ProposedChange], at now: Date) throws(ChangeRefusal) -> [ProposedChange] {
        guard seconds != nil else { return shown }
        return zip(shown, try changes(at: now)).map { shown, counted in
            var change = shown
            change.request.action = counted.request.action
            return change
        }
    }

    /// The title of the dialog of several changes.
    var titleWithTime: String {
        let time = seconds.map { Expiry.duration($0) } ?? (prolonged.isEmpty ? nil : "good")
        return time.map { "\(title) for \($0)" } ?? title
    }

    /// What the field says.
    func text(at now: Date, clock: WallClock) -> String {
        guard let seconds else { return "for good" }
        return "\(Expiry.duration(seconds)), \(Self.end(of: seconds, from: now, clock))"
    }

    /// `until 14:17:31`, with the days where it is not soon.
    private static func end(of seconds: Double, from now: Date, _ clock: WallClock) -> String {
        let days = seconds >= 86_400 ? ", in \(WallClock.age(seconds))" : ""
        return "until \(clock.time(now.addingTimeInterval(seconds)))\(days)"
    }

    /// What the operator has typed: seconds, or nil for good.
    static func seconds(of text: String) -> Result<Double?, CommandMistake> {
        let word = text.split(separator: " ").joined(separator: " ").lowercased()
        if ["good", "for good"].contains(word) { return .success(nil) }
        guard let seconds = Expiry.seconds(of: word) else { return .failure(CommandMistake("takes 90s, 30m, 1h30m or good")) }
        return .success(seconds)
    }

    /// What the prompt says of what is typed.
    static func hint(for text: String, at now: Date, _ clock: WallClock) -> CellText {
        if text.isEmpty { return CellText("30m, 1h30m or good; Tab offers some", .dim) }
        return switch seconds(of: text) {
        case .failure(let mistake): CellText(mistake.text, .error)
        case .success(nil): CellText("nothing takes it back", .dim)
        case .success(let seconds?): CellText(end(of: seconds, from: now, clock), .dim)
        }
    }
}

extension AppModel {
    /// Opens the prompt for how long the changes of the dialog on top shall be.
    mutating func askDuration() -> [Effect] {
        layers.append(PromptLayer(.duration, text: ""))
        return []
    }

    /// Makes the dialog on top anew, for the changes that then are meant; nil seconds are for good.
    mutating func setDuration(_ seconds: Double?) -> [Effect] {
        guard let dialog = layers.last as? ConfirmDialog, var lasting = dialog.lasting else { return [] }
        lasting.seconds = seconds
        do throws(ChangeRefusal) {
            var changes = try lasting.changes(at: now)
            // What was found out for the changes before is not about these.
            for index in changes.indices {
                lastRequest += 1
                changes[index].request.id = lastRequest
            }
            layers.removeLast()
            let effects = review(changes, lasting: lasting)
            withTop(ConfirmDialog.self) { layer, _ in layer.keepAnswer(of: dialog) }
            return effects
        } catch {
            say("\(keys.label("for-a-while")): \(error.reason)", isError: true)
        }
        return []
    }

    /// Puts changes before the operator that may also be for a while; `title` is for several of them.
    mutating func reviewLasting(_ changes: [ProposedChange], title: String = "", lead: String) -> [Effect] {
        review(changes, lasting: Lasting(changes, title: title, lead: lead))
    }

    private mutating func review(_ changes: [ProposedChange], lasting: Lasting) -> [Effect] {
        let effects = review(changes, title: changes.count > 1 ? lasting.titleWithTime : nil, lead: lasting.lead)
        withTop(ConfirmDialog.self) { dialog, _ in dialog.lasting = lasting }
        return effects
    }

    /// Opens the dialog that lets entries stay which would end by themselves.
    mutating func openKeep() -> [Effect] {
        guard let shown else { return [] }
        let entries = chosenRows.map { shown.entries[$0.index].entry }.filter { $0.expiry != nil }
        do throws(ChangeRefusal) {
            var changes: [ProposedChange] = []
            for entry in entries {
                lastRequest += 1
                let request = try Expiry.prolong(entry, to: nil, at: now, id: lastRequest)
                changes.append(
                    ProposedChange(
                        request: request, row: .object(entry.id), pane: focus, goal: .changed(entry.id),
                        base: entry.object))
            }
            let ends = entries.compactMap { entry in
                entry.expiry.map { "\(entry.meta.name) would be \($0.end(at: now, clock))" }
            }
            let title = "Keep \(Words.count(entries.count, "service entry", "service entries"))"
            return review(
                changes,
                lasting: Lasting(changes, title: title, lead: ends.joined(separator: "; "), prolonging: entries))
        } catch {
            say("\(keys.label("keep")): \(error.reason)", isError: true)
        }
        return []
    }
}

extension Expiry {
    /// What would happen and when, as the end of a sentence.
    fileprivate func end(at now: Date, _ clock: WallClock) -> String {
        guard problem == nil, let time else { return "changed, but \(problem ?? "nobody knows when")" }
        return "\(words) at \(clock.time(time)), in \(WallClock.age(time.timeIntervalSince(now)))"
    }
}
