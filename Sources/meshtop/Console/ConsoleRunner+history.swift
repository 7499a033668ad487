import MeshState
import MeshTUI

extension ConsoleRunner {
    /// The object of a change as it is now, for the dialog that undoes it.
    func readForUndo(_ action: ActionRecord) async -> Event {
        guard let target = action.change?.target else { return .undo(action, .absent) }
        do {
            guard let object = try await session.liveObject(target) else { return .undo(action, .absent) }
            return .undo(action, .object(object))
        } catch {
            return .undo(action, .failed("\(error)".madeSafe))
        }
    }

    /// Ends entries that are over; what is done to them stands in the log.
    func enforce(_ keys: [ObjectKey]) async {
        for key in keys {
            do {
                try await session.enforce(key)
            } catch {
                await session.note("\(error)")
            }
        }
    }
}
