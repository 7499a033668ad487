import MeshState
import Testing

@testable import MeshClient

struct LogMachineTests {
    private let cut = RequestFailure(.unreachable, "cut")

    @Test func readsThenFollows() {
        var machine = LogMachine()
        #expect(machine.next() == .read(since: .recent))
        _ = machine.take(Array("2026-11-21T11:10:22.5Z one".utf8))
        #expect(machine.finishedReading() == .follow(since: .time("2026-11-21T11:10:12Z")))
    }

    @Test func anEmptyLogIsFollowedFromWhereItsReadingBegan() {
        var machine = LogMachine()
        _ = machine.next()
        #expect(machine.finishedReading() == .follow(since: .recent))
    }

    @Test func aFollowerThatWasGoodAndIsCutGoesOnAtOnce() {
        var machine = LogMachine()
        _ = machine.finishedReading()
        let (action, attempt) = machine.failed(cut, lasted: .seconds(5), random: 0)
        #expect(action == .follow(since: .recent))
        #expect(attempt == nil)
    }

    @Test func whatFailsAtOnceIsTriedAgainWithPatience() {
        var machine = LogMachine()
        _ = machine.finishedReading()
        #expect(machine.failed(cut, lasted: .zero, random: 0) == (.wait(.seconds(1)), 1))
        #expect(machine.failed(cut, lasted: .zero, random: 0) == (.wait(.seconds(2)), 2))
        #expect(machine.ended(lasted: .milliseconds(1), random: 0) == (.wait(.seconds(4)), 3))
        let (action, attempt) = machine.ended(lasted: .seconds(2), random: 0)
        #expect(action == .follow(since: .recent))
        #expect(attempt == nil)
        #expect(machine.failed(cut, lasted: .zero, random: 0) == (.wait(.seconds(1)), 1))
    }

    @Test func queriesSayWhereFrom() {
        #expect(LogMachine.Since.time("T").query.map(\.0) == ["sinceTime"])
        #expect(LogMachine.Since.recent.query.map(\.1) == ["2000", "3600"])
    }
}

private func == (left: (LogMachine.Action, attempt: Int?), right: (LogMachine.Action, Int)) -> Bool {
    left.0 == right.0 && left.attempt == right.1
}

struct LogPositionTests {
    private func take(_ position: inout LogPosition, _ lines: [String]) -> [String] {
        lines.compactMap { position.take(Array($0.utf8)).map { String(decoding: $0, as: UTF8.self) } }
    }

    /// Wherever a log is cut, reading on from the resumed second gives each line once, repeated lines included.
    @Test func resumingLosesAndRepeatsNothing() {
        let log = [
            "2026-11-21T11:10:20.1Z a", "2026-11-21T11:10:22.1Z b", "2026-11-21T11:10:22.1Z b",
            "2026-11-21T11:10:22.1Z b", "2026-11-21T11:10:21.9Z late", "2026-11-21T11:10:22.9Z c",
            "2026-11-21T11:10:40Z d", "2026-11-21T11:10:40Z d", "2026-11-21T11:10:41.000000001Z e",
        ]
        let texts = log.map { String($0.split(separator: " ")[1]) }
        for cut in 0...log.count {
            var position = LogPosition()
            let before = take(&position, Array(log[..<cut]))
            let since = position.sinceTime ?? ""
            position.resume()
            // Seconds of the same form compare as text.
            let after = take(&position, log.filter { $0 >= since })
            #expect(before + after == texts, "cut after \(cut) lines")
        }
    }

    @Test func linesWithoutATimeAreTakenAsTheyAre() {
        var position = LogPosition()
        #expect(take(&position, ["no time here", "", "2026-13-45 x"]) == ["no time here", "", "2026-13-45 x"])
        #expect(position.sinceTime == nil)
    }

    @Test func timesMayHaveAnOffset() {
        var position = LogPosition()
        #expect(take(&position, ["2026-11-21T12:10:22.123456789+01:00 x"]) == ["x"])
        #expect(position.sinceTime == "2026-11-21T11:10:12Z")
    }
}
