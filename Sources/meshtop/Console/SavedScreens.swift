import Foundation

/// Where Ctrl-S puts what is shown.
enum SavedScreens {
    /// Writes a new file of mode 0600 under `$XDG_STATE_HOME/meshtop/saved`.
    static func write(_ text: String, name: String) throws -> URL {
        let environment = ProcessInfo.processInfo.environment
        let base = environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? "\(environment["HOME"] ?? NSHomeDirectory())/.local/state"
        let folder = URL(filePath: base).appending(path: "meshtop/saved")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let stamp = Date().formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
        let file = folder.appending(path: "\(name)-\(stamp)-\(UInt32.random(in: 0...0xFFFF)).txt")
        guard FileManager.default.createFile(
            atPath: file.path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        else { throw Failure("cannot write \(file.path)") }
        return file
    }
}
