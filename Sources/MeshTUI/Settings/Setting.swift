/// One thing that can be set: by a flag, by a variable of the environment, or by a line of the configuration file.
public struct Setting: Sendable, Hashable {
    /// What values it takes.
    public enum Kind: Sendable, Hashable {
        case text
        /// A file; `~/` stands for the home folder.
        case path
        case flag
        /// A number of seconds within bounds, also written with a unit: `2`, `500ms`, `24h`.
        case seconds(ClosedRange<Double>)
        case choice([String])
    }

    /// The value of a setting.
    public enum Value: Sendable, Hashable {
        case text(String)
        case flag(Bool)
        case seconds(Double)
    }

    /// Its name in the configuration file, such as `readOnly`.
    public let key: String
    public let kind: Kind
    /// The value that counts where none is given, as it would be written; nil where there is none.
    public let standard: String?
    /// What it does, in a sentence without a full stop.
    public let help: String
    /// Whether a context of the kubeconfig may have a value of its own.
    public let isPerContext: Bool

    init(_ key: String, _ kind: Kind, standard: String? = nil, isPerContext: Bool = false, _ help: String) {
        self.key = key
        self.kind = kind
        self.standard = standard
        self.isPerContext = isPerContext
        self.help = help
    }

    /// Its words in lower case: `read only`.
    private var words: [String] {
        var words = [""]
        for character in key {
            if character.isUppercase { words.append("") }
            words[words.count - 1] += character.lowercased()
        }
        return words
    }

    /// `--read-only`.
    public var flag: String { "--" + words.joined(separator: "-") }

    /// `MESHTOP_READ_ONLY`.
    public var variable: String { "MESHTOP_" + words.joined(separator: "_").uppercased() }

    /// What a value may be, for messages: `a number of seconds from 0.2 to 3600, such as 2 or 500ms`.
    public var expectation: String {
        switch kind {
        case .text: "a text"
        case .path: "the path of a file"
        case .flag: "true or false"
        case .seconds(let range):
            "seconds from \(Numbers.plain(range.lowerBound)) to \(Numbers.plain(range.upperBound)), such as 2 or 500ms"
        case .choice(let choices): "one of \(choices.joined(separator: ", "))"
        }
    }

    /// Reads a value as it is written in a file, in a variable or after a flag; nil where it does not fit.
    public func value(of text: String) -> Value? {
        switch kind {
        case .text, .path: return text.isEmpty ? nil : .text(text)
        case .flag:
            switch text.lowercased() {
            case "true", "yes", "on", "1": return .flag(true)
            case "false", "no", "off", "0": return .flag(false)
            default: return nil
            }
        case .seconds(let range):
            guard let seconds = Self.seconds(text), range.contains(seconds) else { return nil }
            return .seconds(seconds)
        case .choice(let choices): return choices.contains(text) ? .text(text) : nil
        }
    }

    /// `2`, `0.5`, `500ms`, `2s`, `5m`, `24h`; nil for anything else.
    public static func seconds(_ text: String) -> Double? {
        let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("", 1)]
        for (unit, length) in units where text.hasSuffix(unit) {
            let digits = text.dropLast(unit.count)
            guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }) else { continue }
            return Double(digits).map { $0 * length }
        }
        return nil
    }
}

extension Setting.Value {
    /// The value as it is written in a file.
    public var text: String {
        switch self {
        case .text(let text): text
        case .flag(let flag): flag ? "true" : "false"
        case .seconds(let seconds): Numbers.plain(seconds)
        }
    }
}

extension Numbers {
    /// A number without needless decimals: `2`, `0.5`.
    static func plain(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
    }
}

extension Setting {
    public static let kubeconfig = Setting(
        "kubeconfig", .path, "The kubeconfig file; otherwise $KUBECONFIG, otherwise ~/.kube/config")
    public static let context = Setting("context", .text, "The context of the kubeconfig to use")
    public static let server = Setting("server", .text, "The address of the Kubernetes API, in place of the context's")
    public static let namespace = Setting("namespace", .text, "Look at one namespace alone")
    public static let interval = Setting(
        "interval", .seconds(0.2...3600), standard: "1", "Seconds between two polls of the proxies")
    public static let theme = Setting(
        "theme", .text, isPerContext: true,
        "The theme; otherwise default-dark, or default-light where the terminal says that it is light")
    public static let color = Setting(
        "color", .choice(ColorChoice.allCases.map(\.rawValue)), standard: ColorChoice.auto.rawValue,
        "How many colours to use; auto goes by the terminal and NO_COLOR")
    public static let ascii = Setting("ascii", .flag, standard: "false", "Draw with ASCII alone")
    public static let mouse = Setting(
        "mouse", .flag, standard: "false", "Let the mouse focus, select, scroll and press the keys of the footer")
    public static let readOnly = Setting(
        "readOnly", .flag, standard: "false", isPerContext: true, "Lock all changes; no key unlocks them")
    public static let recorderAge = Setting(
        "recorderAge", .seconds(60...2_592_000), standard: "24h", "How long what was observed is kept for looking back")
    public static let recorderSize = Setting(
        "recorderSize", .text, standard: "256M", "How large the recorder's file may grow; 0 records nothing")
    public static let output = Setting(
        "output", .choice(["table", "wide", "json", "yaml", "name"]), standard: "table", "How commands print lists")
    public static let noHeaders = Setting(
        "noHeaders", .flag, standard: "false", "Leave out the line of column titles in lists")

    /// All of them, in the order of the documentation: flags, variables, the file's keys and its schema come from here.
    public static let all: [Setting] = [
        kubeconfig, context, server, namespace, interval, theme, color, ascii, mouse, readOnly, recorderAge, recorderSize,
        output, noHeaders,
    ]
}
