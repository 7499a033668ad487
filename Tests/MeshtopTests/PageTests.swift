import ArgumentParser
import Foundation
import MeshState
import MeshTUI
import Testing

@testable import meshtop

/// The documents are what the program says, and what they name is there.
@Suite struct PageTests {
    static let checkout = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL

    /// README.md and every page in `docs/`.
    static let pages: [URL] = {
        let docs = checkout.appending(path: "docs")
        let names = FileManager.default.enumerator(atPath: docs.path)?.compactMap { $0 as? String } ?? []
        return [checkout.appending(path: "README.md")]
            + names.filter { $0.hasSuffix(".md") }.sorted().map { docs.appending(path: $0) }
    }()

    @Test func noPageIsStale() throws {
        let stale = try Pages.stale(in: Self.checkout).map(\.file.lastPathComponent)
        #expect(stale == [], "run scripts/generate and read the difference")
    }

    @Test(arguments: pages) func linksLeadSomewhere(_ page: URL) throws {
        let text = try String(contentsOf: page, encoding: .utf8)
        for link in text.matches(of: /\]\(([^)#]+)(#[^)]*)?\)/) {
            let target = String(link.output.1)
            if target.contains("://") { continue }
            let file = page.deletingLastPathComponent().appending(path: target).standardizedFileURL
            #expect(FileManager.default.fileExists(atPath: file.path), "\(page.lastPathComponent) links to \(target)")
        }
    }

    /// Each command line of meshtop in the pages, up to a pipe or a comment.
    @Test(arguments: pages) func commandsAreUnderstood(_ page: URL) async throws {
        let text = try String(contentsOf: page, encoding: .utf8)
        var isCode = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") { isCode = !isCode && line.hasPrefix("```sh") }
            guard isCode, let words = Self.words(String(line)) else { continue }
            do {
                _ = try await Meshtop.asyncParseAsRoot(words)
            } catch {
                let message = Meshtop.message(for: error)
                // Help and versions come as errors, too.
                if Meshtop.exitCode(for: error).rawValue != 0 {
                    Issue.record("\(page.lastPathComponent): \(line): \(message)")
                }
            }
        }
    }

    /// The arguments of a line that calls meshtop; nil for any other.
    static func words(_ line: String) -> [String]? {
        guard line.hasPrefix("meshtop") else { return nil }
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in line {
            if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character == " " {
                if let done = word { words.append(done) }
                word = nil
            } else if "|#<>;&".contains(character) && (word == nil || character != "#") {
                break
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let word { words.append(word) }
        return words.first == "meshtop" ? Array(words.dropFirst()) : nil
    }

    @Test func wordsOfALine() {
        #expect(Self.words("meshtop blocked -o 'a b' | head") == ["blocked", "-o", "a b"])
        #expect(Self.words("meshtop lab up     # returns") == ["lab", "up"])
        #expect(Self.words("kubectl get pods") == nil)
    }

    @Test func theConfigurationIsUnderstood() throws {
        let text = try String(contentsOf: Self.checkout.appending(path: "docs/configuration.md"), encoding: .utf8)
        let example = try #require(text.firstMatch(of: /```yaml\n(# yaml-language-server[^`]*)```/))
        let file = try ConfigurationFile(String(example.output.1), path: "config.yaml")
        #expect(file.contexts["production"]?["readOnly"] == .flag(true))
    }

    // MARK: - Man pages and completions

    @Test func everyCommandHasAManPage() throws {
        let pages = try ManPage.all()
        let names = Set(pages.map(\.name))
        #expect(names.isSuperset(of: ["meshtop", "meshtop-entries", "meshtop-doctor", "meshtop-lab-up"]))
        #expect(!names.contains("meshtop-generate") && !names.contains("meshtop-lab-run"))
        for page in pages {
            for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "SEE ALSO"] {
                #expect(page.text.contains("\n.SH \(section)\n"), "\(page.name) lacks \(section)")
            }
        }
        let program = try #require(pages.first).text
        for word in ["\\-\\-read\\-only", "MESHTOP_TOKEN", "NO_COLOR", ".SS Change", "128+n"] {
            #expect(program.contains(word), "meshtop.1 lacks \(word)")
        }
    }

    /// groff reads them without a complaint, where there is one.
    @Test func manPagesAreSound() throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/groff") else { return }
        let folder = FileManager.default.temporaryDirectory.appending(path: "mt-man-\(UInt32.random(in: 0 ... .max))")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for page in try ManPage.all() {
            try page.text.write(to: folder.appending(path: page.fileName), atomically: true, encoding: .utf8)
        }
        let groff = Process()
        let complaints = Pipe()
        groff.executableURL = URL(filePath: "/bin/sh")
        groff.arguments = ["-c", "exec groff -man -Tutf8 -ww -z \"$1\"/*.1", "sh", folder.path]
        groff.standardError = complaints
        try groff.run()
        let told = try complaints.fileHandleForReading.readToEnd() ?? Data()
        groff.waitUntilExit()
        #expect(String(decoding: told, as: UTF8.self) == "")
        #expect(groff.terminationStatus == 0)
    }

    @Test(arguments: ["bash", "zsh", "fish"]) func completions(_ shell: String) throws {
        let command = try #require(try Meshtop.parseAsRoot(["completions", shell]) as? CompletionsCommand)
        for word in ["entries", "doctor", "---completion", "field-selector"] { #expect(command.script.contains(word)) }
    }
}
