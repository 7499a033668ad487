public import Foundation

/// A program that the lab keeps running.
public struct Program: Sendable, Hashable {
    /// Unique in the lab: `envoy sleep-1.default`.
    public var name: String
    public var executable: String
    public var arguments: [String]
    /// The whole environment; nothing is inherited.
    public var environment: [String: String]
    /// Receives standard output and standard error.
    public var logFile: URL

    public init(name: String, executable: String, arguments: [String], environment: [String: String], logFile: URL) {
        self.name = name
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.logFile = logFile
    }
}
