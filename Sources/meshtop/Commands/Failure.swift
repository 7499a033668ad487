import ArgumentParser
import Foundation

/// Ends a command with exit status 1 and one line that says what went wrong and what to do.
struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Writes a line to standard error.
func warn(_ text: String) {
    FileHandle.standardError.write(Data("meshtop: \(text)\n".utf8))
}
