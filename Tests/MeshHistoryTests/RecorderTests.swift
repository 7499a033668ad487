import Foundation
import GRDB
import MeshState
import Testing

@testable import MeshHistory

/// What is recorded is what is read again, and what is no recording is told from one.
@Suite struct RecorderTests {
    private static let start = JournalTests.start
    /// Everything is written at once.
    private static let eager = FlightRecorder.Bounds(interval: 0, trafficInterval: 0)

    private func file(_ folder: JournalTests.Folder) -> URL { folder.url.appending(path: "state/recorder.sqlite") }

    @Test(arguments: 1...8 as ClosedRange<UInt64>) func everyMomentIsReadAsItWas(_ seed: UInt64) async throws {
        let folder = JournalTests.Folder()
        let recorder = try FlightRecorder(file(folder), mesh: RandomMesh.identity, bounds: Self.eager)
        var mesh = RandomMesh(seed: seed, start: Self.start)
        var written: [MeshSnapshot] = []
        for _ in 0..<40 {
            try await recorder.note(mesh.snapshot)
            written.append(mesh.snapshot)
            mesh.step(1)
        }
        for snapshot in written {
            var read = try #require(try await recorder.recording.snapshot(at: snapshot.time))
            // While nothing changes, nothing is written until the next sign of life: it is known as of the last one.
            for (id, state) in read.sources where state.condition == .live && state.lastSuccess == read.time {
                read.sources[id]?.lastSuccess = snapshot.time
            }
            read.time = snapshot.time
            #expect(read.difference(from: snapshot) == nil)
        }
        #expect(try await recorder.recording.snapshot(at: Self.start - 1) == nil)

        // Somewhere else it is the same.
        let copy = folder.url.appending(path: "incident.meshtop")
        try await recorder.finish(at: written[39].time)
        #expect(try await recorder.recording.export(to: copy, since: written[20].time) > 0)
        let replay = try Recording(file: copy)
        for snapshot in written[20...] {
            let read = try #require(try await replay.snapshot(at: snapshot.time))
            #expect(read.difference(from: snapshot) == nil)
        }
        #expect(try await replay.extent()?.upperBound == written[39].time)
        #expect(!FileManager.default.fileExists(atPath: copy.path + "-wal"))
    }

    @Test func everySectionOfASnapshotIsKnownToTheRecorder() {
        let labels = Mirror(reflecting: RandomMesh(seed: 1, start: Self.start).snapshot).children.compactMap(\.label)
        #expect(Set(labels) == Set(SnapshotCodec.sections + SnapshotCodec.values + SnapshotCodec.ofRun))
    }

    @Test func anIdleMeshCostsNothing() async throws {
        let folder = JournalTests.Folder()
        let recorder = try FlightRecorder(file(folder), mesh: RandomMesh.identity)
        var snapshot = RandomMesh(seed: 3, start: Self.start).snapshot
        for second in 0..<3600 {
            snapshot.time = Self.start + Double(second)
            for (id, state) in snapshot.sources where state.condition == .live { snapshot.sources[id]?.lastSuccess = snapshot.time }
            try await recorder.note(snapshot)
        }
        #expect(try await frames(file(folder)) == 1)
        #expect(try await recorder.recording.extent() == Self.start...(Self.start + 3570))
        let last = try #require(try await recorder.recording.snapshot(at: Self.start + 3570))
        #expect(last.difference(from: snapshot)?.hasPrefix("time") == true)
        #expect(try await recorder.recording.snapshot(at: Self.start + 1800)?.time == Self.start + 1800)
    }

    @Test func countersWaitAndOtherChangesDoNot() async throws {
        let folder = JournalTests.Folder()
        let recorder = try FlightRecorder(file(folder), mesh: RandomMesh.identity)
        var snapshot = RandomMesh(seed: 3, start: Self.start).snapshot
        for second in 0..<30 {
            snapshot.time = Self.start + Double(second)
            snapshot.connections[0].live = second
            if second == 5 { snapshot.entries.removeFirst() }
            try await recorder.note(snapshot)
        }
        try await recorder.finish(at: snapshot.time)
        let recording = recorder.recording
        var moments: [Double] = []
        var now = Self.start + 100
        while let moment = try await recording.moment(.previous, from: now) {
            moments.append(moment.timeIntervalSince(Self.start))
            now = moment
        }
        #expect(moments == [20, 10, 5, 0])
        #expect(try await recording.snapshot(at: Self.start + 29)?.connections[0].live == 20)
        #expect(try await recording.moment(.next, from: Self.start + 5) == Self.start + 10)
        #expect(try await recording.moment(.next, from: Self.start + 20) == nil)
        #expect(try await recording.moment(.by(-7), from: Self.start + 29) == Self.start + 22)
        #expect(try await recording.moment(.by(-300), from: Self.start + 25) == Self.start)
        #expect(try await recording.moment(.by(-300), from: Self.start) == nil)
        #expect(try await recording.moment(.by(300), from: Self.start) == nil)
    }

    @Test func whatIsTooOldOrTooMuchIsForgotten() async throws {
        let folder = JournalTests.Folder()
        let bounds = FlightRecorder.Bounds(age: 1_000_000, size: 600_000, interval: 0, trafficInterval: 0)
        let recorder = try FlightRecorder(file(folder), mesh: RandomMesh.identity, bounds: bounds)
        var mesh = RandomMesh(seed: 5, start: Self.start, size: 60)
        for _ in 0..<150 {
            mesh.step(10)
            var snapshot = mesh.snapshot
            for index in snapshot.connections.indices { snapshot.connections[index].total.requests = UInt64(snapshot.time.timeIntervalSince1970) }
            for index in snapshot.blocked.indices { snapshot.blocked[index].destination = UUID().uuidString }
            try await recorder.note(snapshot)
        }
        let extent = try #require(try await recorder.recording.extent())
        #expect(extent.lowerBound > Self.start + 100)
        let size = try #require(
            try FileManager.default.attributesOfItem(atPath: file(folder).path)[.size] as? Int)
        #expect(size < 1_200_000)
        let read = try #require(try await recorder.recording.snapshot(at: extent.lowerBound))
        #expect(read.connections.count > 50)

        let short = FlightRecorder.Bounds(age: 100, size: 1 << 30, interval: 0, trafficInterval: 0)
        try await recorder.finish(at: mesh.snapshot.time)
        let other = try FlightRecorder(file(folder), mesh: RandomMesh.identity, bounds: short)
        var later = mesh.snapshot
        later.time += 1000
        try await other.note(later)
        #expect(try await other.recording.extent()?.lowerBound == later.time)
    }

    @Test func anotherMeshIsAnotherRecording() async throws {
        let folder = JournalTests.Folder()
        let recorder = try FlightRecorder(file(folder), mesh: RandomMesh.identity)
        try await recorder.note(RandomMesh(seed: 1, start: Self.start).snapshot)
        for identity in [
            MeshIdentity(context: "lab", server: "https://other", namespace: nil),
            MeshIdentity(context: "lab", server: RandomMesh.identity.server, namespace: "default"),
        ] {
            let other = try FlightRecorder(file(folder), mesh: identity)
            #expect(try await other.recording.extent() == nil)
        }
    }

    @Test func ofTwoThatLookAtOneMeshOneWrites() async throws {
        let folder = JournalTests.Folder()
        let snapshot = RandomMesh(seed: 1, start: Self.start).snapshot
        let recorder = try FlightRecorder(file(folder), mesh: RandomMesh.identity)
        try await recorder.note(snapshot)
        // Another process has this one.
        try await DatabaseQueue(path: file(folder).path).write { try $0.execute(sql: "UPDATE run SET pid = 1") }
        let second = try FlightRecorder(file(folder), mesh: RandomMesh.identity)
        try await second.note(snapshot)
        #expect(try await frames(file(folder)) == 1)
        #expect(try await second.recording.snapshot(at: snapshot.time) != nil)
        var later = snapshot
        later.time += 200
        try await second.note(later)
        #expect(try await frames(file(folder)) == 2)
    }

    private func frames(_ file: URL) async throws -> Int {
        try await DatabaseQueue(path: file.path).read { try Int.fetchOne($0, sql: "SELECT count(*) FROM frame") ?? -1 }
    }

    // MARK: - Files from anywhere

    @Test func whatIsNoRecordingIsToldFromOne() async throws {
        let folder = JournalTests.Folder()
        try FileManager.default.createDirectory(at: folder.url, withIntermediateDirectories: true)
        func check(_ name: String, _ words: String) {
            let file = folder.url.appending(path: name)
            #expect { try Recording(file: file) } throws: { error in
                "\(error)".contains(file.path) && "\(error)".contains(words)
            }
        }
        check("nowhere", "is not there")
        try Data("text, and nothing but text; too long to be taken for nothing at all".utf8).write(to: folder.url.appending(path: "text"))
        check("text", "is no recording of meshtop that can be read: file is not a database")
        try Data().write(to: folder.url.appending(path: "empty"))
        check("empty", "another program")
        try await DatabaseQueue(path: folder.url.appending(path: "foreign").path).write { try $0.execute(sql: "CREATE TABLE t (x)") }
        check("foreign", "another program")
        let recorder = try FlightRecorder(folder.url.appending(path: "new"), mesh: RandomMesh.identity)
        try await recorder.seal(at: Self.start)
        check("new", "it is empty")
        try await DatabaseQueue(path: folder.url.appending(path: "new").path).write { try $0.execute(sql: "PRAGMA user_version = 99") }
        check("new", "another release")
    }

    private func recorded(_ folder: JournalTests.Folder) async throws -> URL {
        let file = folder.url.appending(path: "incident")
        let recorder = try FlightRecorder(file, mesh: RandomMesh.identity, bounds: Self.eager)
        var mesh = RandomMesh(seed: 9, start: Self.start)
        for _ in 0..<5 {
            try await recorder.note(mesh.snapshot)
            mesh.step(1)
        }
        try await recorder.seal(at: mesh.snapshot.time)
        return file
    }

    @Test(arguments: 0..<40) func aDamagedFileIsAnErrorAndNoCrash(_ seed: Int) async throws {
        let folder = JournalTests.Folder()
        let file = try await recorded(folder)
        var random = Seeded(UInt64(seed) + 77)
        var data = try Data(contentsOf: file)
        if seed % 4 == 0 {
            data = data.prefix(Int.random(in: 1..<data.count, using: &random))
        } else {
            for _ in 0..<20 { data[Int.random(in: 0..<data.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
        }
        try data.write(to: file)
        do {
            let recording = try Recording(file: file)
            var time = Self.start + 100
            while let moment = try await recording.moment(.previous, from: time) {
                _ = try await recording.snapshot(at: moment)
                time = moment
            }
        } catch {
            #expect(!"\(error)".isEmpty)
        }
    }

    @Test func hostileTextIsMadeSafeAndHostileNumbersAreRefused() async throws {
        let folder = JournalTests.Folder()
        let file = try await recorded(folder)
        func put(_ frame: JSONValue) async throws {
            try await DatabaseQueue(path: file.path).write {
                try $0.execute(
                    sql: "INSERT INTO frame (run, time, whole, data) VALUES (1, ?, 0, ?)",
                    arguments: [Self.start.timeIntervalSince1970 + 50, Data(PackedJSON.bytes(of: frame))])
            }
        }
        let values: JSONValue = ["istioVersion": "\u{1B}[2J\n1.28", "blockedLastMinute": 1, "blockedLost": 0]
        try await put(["values": values])
        #expect(try await Recording(file: file).snapshot(at: Self.start + 60)?.istioVersion == "␛[2J␊1.28")
        for frame: JSONValue in [
            ["values": values.with("blockedLost", .integer(.max))], ["values": values.with("blockedLost", .number(1e300))],
            ["values": values.with("blockedLost", "x")], ["connections": ["set": [[1, [:]]]]],
            ["sources": ["set": [["x", ["id": 3]]]]],
        ] {
            try await put(frame)
            await #expect(throws: HistoryError.self) { try await Recording(file: file).snapshot(at: Self.start + 60) }
        }
    }

    @Test(arguments: [
        .null, true, false, 0, 1, -1, 127, -128, .integer(.max), .integer(.min), .number(0.1), .number(-1e300), "", "ä\0x",
        ["a", "a", ["b": [:], "a": []]],
    ] as [JSONValue]) func packedDocumentsAreTheSame(_ value: JSONValue) throws {
        #expect(try PackedJSON.value(of: PackedJSON.bytes(of: value)) == value)
    }

    @Test func packedBytesThatAreNoDocumentAreRefused() {
        for bytes: [UInt8] in [
            [], [0], [0, 9], [0, 5, 0], [0, 6, 255, 255, 255, 255, 15], [1, 200, 1], [0, 0, 0],
            [0] + Array(repeating: UInt8(6), count: 1), [0] + Array(repeating: [6, 1] as [UInt8], count: 500).flatMap { $0 },
            [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
        ] {
            #expect(throws: HistoryError.self, "\(bytes)") { try PackedJSON.value(of: bytes) }
        }
    }

    @Test func goingToAMomentIsQuick() async throws {
        let folder = JournalTests.Folder()
        let recorder = try FlightRecorder(file(folder), mesh: RandomMesh.identity, bounds: Self.eager)
        var mesh = RandomMesh(seed: 11, start: Self.start, size: 60)
        for _ in 0..<300 {
            try await recorder.note(mesh.snapshot)
            mesh.step(1)
        }
        let clock = ContinuousClock()
        let time = try await clock.measure { _ = try await recorder.recording.snapshot(at: Self.start + 290) }
        // Twice as large as the lab, not optimised, and on a machine that has other things to do.
        #expect(time < .seconds(1))
    }
}

extension JSONValue {
    fileprivate func with(_ key: String, _ value: JSONValue) -> JSONValue {
        var copy = self
        copy[key] = value
        return copy
    }
}
