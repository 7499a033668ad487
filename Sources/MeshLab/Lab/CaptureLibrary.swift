public import Foundation

/// Finds the library that captures connections.
public enum CaptureLibrary {
    /// Looks at `MESHTOP_CAPTURE_LIBRARY`, beside the executable, where SwiftPM builds it, and in `../lib/meshtop`,
    /// where `make install` puts it.
    public static func locate(
        executable: URL, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> URL {
        if let given = environment["MESHTOP_CAPTURE_LIBRARY"], !given.isEmpty { return URL(filePath: given) }
        let folder = executable.deletingLastPathComponent()
        let candidates = [
            folder.appending(path: "libCCapture.so"),
            folder.deletingLastPathComponent().appending(path: "lib/meshtop/libCCapture.so"),
        ]
        guard let found = candidates.first(where: { FileManager.default.fileExists(atPath: $0.path) }) else {
            throw LabError(
                "the capture library is missing (looked at \(candidates.map(\.path).joined(separator: ", "))); "
                    + "run make build")
        }
        return found
    }
}
