public import Foundation

/// What a lab keeps from one start to the next, so that its addresses and its kubeconfig stay good: `lab.json`.
public struct LabSettings: Codable, Sendable, Hashable {
    /// The lab's block of the loopback, `127.BLOCK.0.0/16`.
    public var block: Int
    /// The port of the API on 127.0.0.1.
    public var apiPort: Int
    /// The bearer token of the API.
    public var token: String

    /// The state folder of the lab: `lab` in that of meshtop.
    public static func defaultStateDirectory(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> URL {
        userStateDirectory(environment: environment).appending(path: "lab")
    }

    /// The state folder of all that meshtop keeps: `$XDG_STATE_HOME/meshtop`, by default under `~/.local/state`.
    public static func userStateDirectory(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> URL {
        let base: URL
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
            base = URL(filePath: state)
        } else {
            let home = environment["HOME"].map { URL(filePath: $0) } ?? FileManager.default.homeDirectoryForCurrentUser
            base = home.appending(path: ".local/state")
        }
        return base.appending(path: "meshtop")
    }

    private static func file(in stateDirectory: URL) -> URL { stateDirectory.appending(path: "lab.json") }

    /// The settings of a lab that was started before; nil where there is none.
    ///
    /// Throws where the file is there and cannot be read.
    public static func load(stateDirectory: URL) throws -> LabSettings? {
        let file = file(in: stateDirectory)
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        do {
            return try JSONDecoder().decode(LabSettings.self, from: Data(contentsOf: file))
        } catch {
            throw LabError("\(file.path) is damaged (\(error)); delete it and start the lab again")
        }
    }

    /// Loads the settings, or makes them, and moves to free addresses where another program has taken the old ones.
    ///
    /// Only the lab process calls this, once it is sure to be the only one with this state folder.
    static func prepare(stateDirectory: URL) throws -> LabSettings {
        let old = try load(stateDirectory: stateDirectory)
        let settings = LabSettings(
            block: try freeBlock(preferred: old?.block, stateDirectory: stateDirectory),
            apiPort: try freePort(preferred: old?.apiPort), token: old?.token ?? newToken())
        if settings != old {
            try Data(JSONEncoder().encode(settings)).writePrivately(to: file(in: stateDirectory))
        }
        return settings
    }

    public func layout(stateDirectory: URL) -> LabLayout { LabLayout(stateDirectory: stateDirectory, block: block) }

    private static func newToken() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<4).map { _ in String(generator.next() | 1 << 63, radix: 16) }.joined()
    }

    private static func freeBlock(preferred: Int?, stateDirectory: URL) throws -> Int {
        // Different folders start their search at different places, so that two labs starting at once rarely meet.
        let seed = stateDirectory.path.utf8.reduce(5381) { ($0 &* 33 &+ Int($1)) & 0xFFFF }
        let candidates = (preferred.map { [$0] } ?? []) + (0..<253).map { 2 + (seed + $0) % 253 }
        for block in candidates {
            let layout = LabLayout(stateDirectory: stateDirectory, block: block)
            if (try? SocketProbe.freePort(address: layout.istiodAddress, port: 15_014)) != nil { return block }
        }
        throw LabError("every block 127.2.0.0/16 to 127.254.0.0/16 of the loopback is taken by a running lab")
    }

    private static func freePort(preferred: Int?) throws -> Int {
        if let preferred, let port = try? SocketProbe.freePort(address: "127.0.0.1", port: preferred) { return port }
        return try SocketProbe.freePort(address: "127.0.0.1", port: 0)
    }
}

/// Why the lab cannot do what was asked, and what to do about it.
public struct LabError: Error, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

extension Data {
    /// Writes a file of mode 0600 in one step: a reader sees the old text or the new, never a part.
    func writePrivately(to file: URL) throws {
        let temporary = file.deletingLastPathComponent().appending(path: ".\(file.lastPathComponent).\(getpid())")
        guard
            FileManager.default.createFile(
                atPath: temporary.path, contents: self, attributes: [.posixPermissions: 0o600])
        else { throw LabError("cannot write \(temporary.path)") }
        guard rename(temporary.path, file.path) == 0 else {
            throw LabError("cannot write \(file.path): \(String(cString: strerror(errno)))")
        }
    }
}
