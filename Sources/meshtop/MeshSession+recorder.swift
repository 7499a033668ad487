import Foundation
import MeshClient
import MeshHistory
import MeshState
import MeshTUI

extension MeshSession {
    /// A session that shows what was recorded, and reaches no mesh.
    static func replay(_ recording: Recording) async throws -> MeshSession {
        guard let extent = try await recording.extent(), let last = try await recording.snapshot(at: extent.upperBound)
        else { throw Failure("the recording is empty") }
        return try MeshSession(replaying: recording, last: last)
    }

    /// Writes down what is observed, from now on.
    ///
    /// - Parameter bounds: nil for not at all.
    func record(_ bounds: FlightRecorder.Bounds?, in folder: StateFolder = StateFolder()) {
        guard let bounds, replay == nil else { return }
        do {
            let recorder = try FlightRecorder(folder.recorder, mesh: identity, bounds: bounds)
            self.recorder = recorder
            if let notice = recorder.notice { note(notice) }
        } catch {
            note("nothing is recorded: \(error)")
        }
    }

    /// Takes note of a snapshot that was shown.
    func record(_ snapshot: MeshSnapshot) async {
        guard let recorder else { return }
        do {
            try await recorder.note(snapshot)
        } catch is CancellationError {
            // The console has ended.
        } catch {
            self.recorder = nil
            note("nothing is recorded any more: \(error)")
        }
    }

    /// Goes in what was recorded, one step after the other as they were asked for.
    func seek(_ step: TimeStep) async -> Event {
        let before = lastSeek
        let task = Task { () -> Event in
            _ = await before?.value
            return await go(step)
        }
        lastSeek = task
        return await task.value
    }

    private func go(_ step: TimeStep) async -> Event {
        guard let recording = replay ?? recorder?.recording else {
            return .message("nothing is recorded here; see --recorder-size", isError: true)
        }
        let from = moment ?? Date()
        let way: Recording.Step
        switch step {
        case .previous: way = .previous
        case .next: way = .next
        case .by(let seconds): way = .by(seconds)
        case .present:
            moment = nil
            return .past(nil)
        }
        do {
            guard let target = try await recording.moment(way, from: from) else {
                if case .previous = step { return nothingBefore(from) }
                if case .by(..<0) = step { return nothingBefore(from) }
                // A recording has no present to go to.
                if replay == nil { moment = nil }
                return .past(nil)
            }
            guard let snapshot = try await recording.snapshot(at: target) else { return nothingBefore(from) }
            moment = target
            return .past(snapshot)
        } catch {
            return .message("\(error)", isError: true)
        }
    }

    private func nothingBefore(_ time: Date) -> Event { .message("nothing was recorded before this", isError: false) }
}
