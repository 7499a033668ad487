import Foundation

/// Where Ctrl-S puts what is shown.
enum SavedScreens {
    /// Writes a new file of mode 0600 under `$XDG_STATE_HOME/meshtop/saved`.
    static func write(_ text: String, name: String) throws -> URL {
        let state = StateFolder()
        try state.make(state.saved)
        let stamp = Date().formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
        let file = state.saved.appending(path: "\(name)-\(stamp)-\(UInt32.random(in: 0...0xFFFF)).txt")
        guard FileManager.default.createFile(
            atPath: file.path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        else { throw Failure("cannot write \(file.path)") }
        return file
    }
}
