import Foundation
import MeshState
import NIOHTTP1
import Testing

@testable import MeshLab

@Suite struct LogTests {
    private func withFile(_ text: String, _ body: (URL) async throws -> Void) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "meshlab-log-\(UUID().uuidString)")
        try text.write(to: file, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        try await body(file)
    }

    private func read(
        _ file: URL, tail: Int? = nil, since: Date? = nil, timestamps: Bool = false
    ) async throws -> String {
        var options = LogOptions()
        options.tailLines = tail
        options.since = since
        options.timestamps = timestamps
        var reader = LogReader(file: file, options: options)
        var bytes: [UInt8] = []
        while let chunk = try await reader.next() { bytes += chunk }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: [
        (0, ""), (1, "three\n"), (2, "two\nthree\n"), (3, "one\ntwo\nthree\n"), (9, "one\ntwo\nthree\n"),
    ]) func readsTheLastLines(_ count: Int, _ expected: String) async throws {
        try await withFile("one\ntwo\nthree\n") { file in
            let text = try await read(file, tail: count)
            #expect(text == expected)
        }
    }

    @Test func readsTheLastLinesOfALongFile() async throws {
        let lines = (0..<20_000).map { "line \($0)" }
        try await withFile(lines.joined(separator: "\n")) { file in
            let last = try await read(file, tail: 1)
            #expect(last == "line 19999")
            let most = try await read(file, tail: 15_000)
            #expect(most == lines.suffix(15_000).joined(separator: "\n"))
            let all = try await read(file)
            #expect(all == lines.joined(separator: "\n"))
        }
    }

    private static let dated = """
        starting
        [2026-11-21T12:00:00.100Z] "GET /a HTTP/1.1" 200
          continued
        [2026-11-21 12:00:05.200][1][info] ready
        {"start_time":"2026-11-21T12:00:09.300Z","authority":"b"}

        """

    @Test func choosesByTheTimesInTheLines() async throws {
        try await withFile(Self.dated) { file in
            let since = try #require(Date(rfc3339: "2026-11-21T12:00:01Z"))
            let later = try await read(file, since: since)
            // A line before any time is kept rather than lost.
            #expect(later.split(separator: "\n").count == 3)
            #expect(later.hasPrefix("starting\n[2026-11-21 12:00:05.200]"))
            let stamped = try await read(file, timestamps: true).split(separator: "\n")
            #expect(stamped[1].hasPrefix("2026-11-21T12:00:00.100Z [2026"))
            #expect(stamped[2].hasPrefix("2026-11-21T12:00:00.100Z   continued"))
            #expect(stamped[4].hasPrefix("2026-11-21T12:00:09.300Z {"))
        }
    }

    @Test func followsAFileThatIsReplaced() async throws {
        try await withFile("old\n") { file in
            var options = LogOptions()
            options.follow = true
            var reader = LogReader(file: file, options: options)
            #expect(try await reader.next() == Array("old\n".utf8))
            let handle = try FileHandle(forWritingTo: file)
            try handle.seekToEnd()
            try handle.write(contentsOf: Data("last\n".utf8))
            try handle.close()
            let rotated = file.appendingPathExtension("1")
            try FileManager.default.moveItem(at: file, to: rotated)
            try "new\n".write(to: file, atomically: false, encoding: .utf8)
            #expect(try await reader.next() == Array("last\n".utf8))
            #expect(try await reader.next() == Array("new\n".utf8))
            try FileManager.default.removeItem(at: rotated)
        }
    }

    @Test func choosesTheContainerAsTheApiDoes() async throws {
        try await TestAPI.run { api in
            let path = "/api/v1/namespaces/default/pods/sleep-1/log"
            let none = try await api.get(path)
            #expect(none.code == 400)
            #expect(
                none.json["message"]
                    == "a container name must be specified for pod sleep-1, choose one of: [sleep istio-proxy]")
            #expect(try await api.get(path + "?container=sleep").code == 200)
            #expect(try await api.get("/api/v1/namespaces/default/pods/none/log").code == 404)
            let both = try await api.get(path + "?container=sleep&sinceSeconds=1&sinceTime=2026-11-21T12:00:00Z")
            #expect(both.code == 422)
            #expect(try await api.get(path + "?container=sleep&tailLines=-1").code == 422)
            #expect(try await api.get(path + "?container=sleep&tailLines=x").code == 400)
        }
    }
}
