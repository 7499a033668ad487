import MeshState
import MeshTUI

extension ConsoleRunner {
    /// The objects of changes as they are now, for the dialog that undoes them.
    func readForUndo(_ actions: [ActionRecord]) async -> Event {
        .undo(actions, await session.readings(of: actions.compactMap { $0.change?.target }))
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
