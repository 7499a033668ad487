import Foundation
import MeshTUI

/// The themes that can be had: the operator's own before those that came with meshtop, and one that is compiled in.
struct ThemeLibrary: Sendable {
    let folders: [URL]

    /// The names of all, each once.
    var names: [String] {
        var names: Set = [Theme.defaultDark.name]
        for folder in folders {
            // A folder that is not there holds none.
            let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
            names.formUnion(files.filter { $0.pathExtension == "yaml" }.map { $0.deletingPathExtension().lastPathComponent })
        }
        return names.sorted()
    }

    /// The file of a theme; nil for one that is compiled in or not there.
    func file(of name: String) -> URL? {
        guard !name.contains("/") else { return nil }
        return folders.map { $0.appending(path: "\(name).yaml") }.first {
            FileManager.default.fileExists(atPath: $0.path)
        }
    }

    private func text(of name: String) -> String? {
        file(of: name).flatMap { try? String(contentsOf: $0, encoding: .utf8) }
    }

    /// A theme with what is to be told of its file; a theme that cannot be had is the default with the reason.
    func theme(_ name: String) -> (theme: Theme, complaints: [String]) {
        guard let file = file(of: name) else {
            if name == Theme.defaultDark.name { return (.defaultDark, []) }
            let advice = name.nearest(among: names).map { "is \($0) meant?" } ?? "there are \(names.joined(separator: ", "))"
            return (.defaultDark, ["there is no theme \(name); \(advice)"])
        }
        do {
            let text = try String(contentsOf: file, encoding: .utf8)
            let (theme, warnings) = try Theme.parse(text, name: name, loading: self.text)
            return (theme, warnings.map { "\(file.path): \($0)" })
        } catch {
            return (.defaultDark, ["\(file.path): \((error as? ThemeError)?.description ?? error.localizedDescription)"])
        }
    }

    /// For a light background.
    static let light = "default-light"

    /// The theme to begin with where none is named: for a light background where the terminal tells that it has one.
    ///
    /// Terminals that set COLORFGBG say by its last field which of the sixteen colours the background has.
    static func nameForTerminal(environment: [String: String]) -> String {
        let background = environment["COLORFGBG"]?.split(separator: ";").last.flatMap { Int($0) }
        return background.map { $0 == 7 || (9...15).contains($0) } == true ? light : Theme.defaultDark.name
    }
}
