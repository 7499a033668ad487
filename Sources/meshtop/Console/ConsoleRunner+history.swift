import MeshState
import MeshTUI

extension ConsoleRunner {
    /// The objects of changes as they are now, for the dialog that undoes them.
    func readForUndo(_ actions: [ActionRecord]) async -> Event {
        .undo(actions, await session.readings(of: actions.compactMap { $0.change?.target }))
    }

    /// Ends entries that are over; what is done to them stands in the log as well.
    func enforce(_ keys: [ObjectKey], _ inbox: Inbox) async {
        for key in keys {
            do {
                if let done = try await session.enforce(key) { inbox.put(.message(done, isError: false)) }
            } catch {
                await session.note("\(error)")
            }
        }
    }
}
