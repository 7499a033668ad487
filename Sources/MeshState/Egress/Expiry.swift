public import FoundationEssentials

/// A ServiceEntry that is to be as it is only for a while: when that ends, and what happens then.
///
/// It is written on the object, so that whichever meshtop is there at the time can enforce it.
public struct Expiry: Sendable, Hashable {
    /// What happens when the time is over.
    public enum Step: Sendable, Hashable {
        case delete, switchOn, switchOff
        case removePort(Int)
        case removeAddress(String)
    }

    /// nil where what is written is no time.
    public var time: Date?
    public var steps: [Step]
    /// Why it cannot be enforced, in words; nil when it can.
    public var problem: String?

    package static let timeAnnotation = "meshtop.dev/expires"
    static let stepsAnnotation = "meshtop.dev/on-expiry"

    /// Reads what is written on an object; nil where nothing is.
    public init?(annotations: [String: String]) {
        guard let text = annotations[Self.timeAnnotation] else { return nil }
        time = Date(rfc3339: text)
        let words = annotations[Self.stepsAnnotation] ?? ""
        let read = words.split(separator: ",").map { Step(text: $0) }
        steps = read.compactMap(\.self)
        if time == nil {
            problem = "its expiry \"\(text)\" is no time"
        } else if steps.isEmpty || steps.count < read.count {
            problem = "what happens at its expiry is unknown: \"\(words)\""
        }
    }

    /// The seconds that a duration such as `30m` or `1h30m` stands for; nil where it is none, or not between a second and
    /// ten years.
    public static func seconds(of text: String) -> Double? {
        guard let time = GoDuration.nanoseconds(text) else { return nil }
        let seconds = Double(time) / 1e9
        return (1...315_360_000).contains(seconds) ? seconds : nil
    }

    /// What happens then, as the end of a sentence: `deleted`, `switched on again`.
    public var words: String { steps.map(\.words).joined(separator: ", ") }
}

extension Expiry.Step {
    fileprivate init?(text: Substring) {
        let words = text.split(separator: " ")
        switch (words.first, words.count) {
        case ("delete", 1): self = .delete
        case ("switch-on", 1): self = .switchOn
        case ("switch-off", 1): self = .switchOff
        case ("remove-port", 2):
            guard let port = Int(words[1]) else { return nil }
            self = .removePort(port)
        case ("remove-address", 2): self = .removeAddress(String(words[1]))
        default: return nil
        }
    }

    fileprivate var text: String {
        switch self {
        case .delete: "delete"
        case .switchOn: "switch-on"
        case .switchOff: "switch-off"
        case .removePort(let port): "remove-port \(port)"
        case .removeAddress(let address): "remove-address \(address)"
        }
    }

    var words: String {
        switch self {
        case .delete: "deleted"
        case .switchOn: "switched on again"
        case .switchOff: "switched off again"
        case .removePort(let port): "without port \(port)"
        case .removeAddress(let address): "without address \(address)"
        }
    }
}

// MARK: - Writing one

extension Expiry {
    /// The same change, for a while: its object says when it ends and how it is taken back then.
    ///
    /// - Parameters:
    ///   - before: the object as it is now; nil where there is none.
    ///   - seconds: how long it shall last.
    public static func limit(
        _ request: ChangeRequest, before: JSONValue?, to seconds: Double, at now: Date
    ) throws(ChangeRefusal) -> ChangeRequest {
        guard var object = request.object else { throw ChangeRefusal("what is deleted cannot come back by itself") }
        let steps = try steps(back: before, from: object)
        set(&object, timeAnnotation, .string(now.addingTimeInterval(seconds.rounded(.up)).rfc3339Text))
        set(&object, stepsAnnotation, .string(steps.map(\.text).joined(separator: ", ")))
        var limited = request
        limited.summary += " for \(duration(seconds))"
        switch request.action {
        case .create: limited.action = .create(object)
        case .replace: limited.action = .replace(object)
        case .delete: break
        }
        return limited
    }

    /// The change that lets an entry stay as it is: for good, or for so many seconds from now on.
    public static func prolong(
        _ entry: ServiceEntry, to seconds: Double?, at now: Date, id: Int
    ) throws(ChangeRefusal) -> ChangeRequest {
        let name = entry.meta.name
        guard let expiry = entry.expiry else { throw ChangeRefusal("\(name) stays for good already") }
        var object = try EntrySwitch.changeable(entry)
        if let seconds {
            if let problem = expiry.problem { throw ChangeRefusal("\(name): \(problem)") }
            set(&object, timeAnnotation, .string(now.addingTimeInterval(seconds.rounded(.up)).rfc3339Text))
        } else {
            remove(from: &object)
        }
        let time = seconds.map { " for \(duration($0))" } ?? " for good"
        return ChangeRequest(id: id, target: entry.id, action: .replace(object), summary: "keep \(name)\(time)")
    }

    /// Takes it off an object.
    static func remove(from object: inout JSONValue) {
        set(&object, timeAnnotation, nil)
        set(&object, stepsAnnotation, nil)
    }

    /// An operator has done by hand what was to happen then: only the rest is left to happen.
    static func drop(_ step: Step, from object: inout JSONValue) {
        guard let expiry = Expiry(annotations: object["metadata"]?["annotations"]?.stringMap ?? [:]),
            expiry.steps.contains(step)
        else { return }
        let rest = expiry.steps.filter { $0 != step }
        if rest.isEmpty {
            remove(from: &object)
        } else {
            set(&object, stepsAnnotation, .string(rest.map(\.text).joined(separator: ", ")))
        }
    }

    private static func set(_ object: inout JSONValue, _ name: String, _ value: JSONValue?) {
        EntrySwitch.set(&object, "annotations", name, value)
    }

    /// What takes a change back.
    private static func steps(back before: JSONValue?, from after: JSONValue) throws(ChangeRefusal) -> [Step] {
        guard let before else { return [.delete] }
        let name = before["metadata"]?["name"]?.stringValue?.madeSafe ?? ""
        if Expiry(annotations: before["metadata"]?["annotations"]?.stringMap ?? [:]) != nil {
            let isLeft = Expiry(annotations: after["metadata"]?["annotations"]?.stringMap ?? [:]) != nil
            if isLeft { throw ChangeRefusal("\(name) expires already; first keep it for good, or wait for its end") }
        }
        let old: ServiceEntry
        let new: ServiceEntry
        do {
            old = try ServiceEntry(object: before)
            new = try ServiceEntry(object: after)
        } catch {
            throw ChangeRefusal("\(name) cannot be read: \(error)")
        }
        var steps: [Step] = []
        switch (EntrySwitch.isOff(old) != nil, EntrySwitch.isOff(new) != nil) {
        case (false, true): steps.append(.switchOn)
        case (true, false): steps.append(.switchOff)
        default: break
        }
        let oldPorts = Set(old.ports.map(\.number))
        steps += new.ports.map(\.number).filter { !oldPorts.contains($0) }.map(Step.removePort)
        steps += new.addresses.filter { !old.addresses.contains($0) }.map(Step.removeAddress)
        guard !steps.isEmpty else { throw ChangeRefusal("this change of \(name) cannot be taken back by itself") }
        return steps
    }

    /// `30m`, `1h30m`, `45s`.
    package static func duration(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded(.up))
        let parts = [(whole / 3600, "h"), (whole / 60 % 60, "m"), (whole % 60, "s")]
        return parts.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
    }
}

// MARK: - Enforcing it

extension Expiry {
    /// The change that ends what is over; nil while it is not, and where nothing can be done.
    ///
    /// - Parameter version: istiod's, which decides how an entry is switched off.
    public static func enforcement(
        of entry: ServiceEntry, version: String, at now: Date, id: Int
    ) throws(ChangeRefusal) -> ChangeRequest? {
        guard let expiry = entry.expiry, expiry.problem == nil, let time = expiry.time, time <= now else { return nil }
        let name = entry.meta.name
        let summary = "expired: \(name) is \(expiry.words)"
        if expiry.steps.contains(.delete) {
            let request = ChangeRequest.Action.delete(resourceVersion: entry.meta.resourceVersion)
            return ChangeRequest(id: id, target: entry.id, action: request, summary: summary)
        }
        var object = try EntrySwitch.changeable(entry)
        for step in expiry.steps {
            switch step {
            case .delete: break
            case .switchOn where EntrySwitch.isOff(entry) != nil:
                if let on = try EntrySwitch.switchOn(entry, id: id).object { object = on }
            case .switchOff where EntrySwitch.isOff(entry) == nil:
                let off = try EntrySwitch.switchOff(entry, version: version, by: "meshtop, at its expiry", at: now, id: id)
                if let off = off.object { object = off }
            case .switchOn, .switchOff: break
            case .removePort(let port):
                let ports = (object["spec"]?["ports"]?.arrayValue ?? []).filter { $0["number"]?.integerValue != Int64(port) }
                object["spec"]?["ports"] = .array(ports)
            case .removeAddress(let address):
                let rest = (object["spec"]?["addresses"]?.stringList ?? []).filter { $0 != address }
                object["spec"]?["addresses"] = JSONValue(rest)
            }
        }
        remove(from: &object)
        return ChangeRequest(id: id, target: entry.id, action: .replace(object), summary: summary)
    }
}

extension ServiceEntry {
    /// When it ends to be as it is; nil where it is so for good.
    public var expiry: Expiry? { Expiry(annotations: meta.annotations) }
}
