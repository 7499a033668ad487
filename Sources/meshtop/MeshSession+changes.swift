import Foundation
import MeshClient
import MeshHistory
import MeshState

extension MeshSession {
    /// Makes a change: the only way in which meshtop writes to a mesh.
    ///
    /// It is in the journal before it is sent, with the object as it is now, and completed there with the API's answer.
    /// Where the journal cannot be written the change is made all the same, and the log says so: an operator with a full
    /// disk has to be able to act.
    ///
    /// - Parameter batch: the same word for all changes that are made together.
    func perform(_ request: ChangeRequest, batch: String? = nil) async -> ChangeResult {
        guard replay == nil else { return .failed(message: "this is a recording", isConflict: false) }
        var before: JSONValue?
        if request.verb != .create {
            do {
                // Where there is none, the API's own words about that will follow.
                before = try await liveObject(request.target)
            } catch {
                return .failed(message: "\(request.summary): \(error)", isConflict: false)
            }
        }
        let (record, journal) = await begin(request, before: before, batch: batch)
        let result = await source.perform(request)
        var finished = record.finished(result, at: Date())
        if let journal {
            do {
                finished = try await journal.finish(record, result, at: Date())
            } catch {
                note("the journal does not have the answer to: \(request.summary): \(error)")
            }
        }
        tell(finished)
        return result
    }

    private func begin(
        _ request: ChangeRequest, before: JSONValue?, batch: String?
    ) async -> (record: ActionRecord, journal: Journal?) {
        let now = Date()
        do {
            let journal = try journal()
            let record = try await journal.begin(request, before: before, batch: batch, by: author, at: now)
            tell(record)
            return (record, journal)
        } catch {
            note("not in the journal: \(request.summary): \(error)")
            let change = ActionRecord.Change(
                target: request.target, verb: request.verb, before: before, sent: request.object)
            let record = ActionRecord(
                id: .message(nextMessage()), time: now, who: author.who, origin: author.origin, context: author.context,
                server: author.server, summary: request.summary, change: change, outcome: .pending)
            tell(record)
            return (record, nil)
        }
    }

    /// Puts an error that the operator was shown into the log.
    func note(_ text: String) {
        tell(
            ActionRecord(
                id: .message(nextMessage()), time: Date(), who: author.who, origin: author.origin,
                context: author.context, server: author.server, summary: text,
                outcome: .failed(message: text, isConflict: false)))
    }

    /// Reads what is in the journal about this mesh, as this and other meshtops wrote it.
    func readJournal() async {
        do {
            let journal = try journal()
            let version = try await journal.version()
            guard version != journalVersion else { return }
            journalVersion = version
            for record in try await journal.records(server: identity.server).reversed() { tell(record) }
        } catch {
            if journalVersion == nil { note("\(error)") }
            journalVersion = journalVersion ?? -1
        }
    }

    /// Prepares to undo a change of the journal, on what the API has now.
    ///
    /// - Parameter number: nil for the last one of this user, with all that was made together with it.
    /// - Throws: `ChangeRefusal` with the reason where one cannot be undone.
    func undoRequests(_ number: Int64?) async throws -> [(request: ChangeRequest, live: JSONValue?)] {
        let records = try await journal().records(server: identity.server)
        let actions: [ActionRecord]
        if let number {
            guard let found = try await journal().record(number) else {
                throw ChangeRefusal("there is no change \(number); `meshtop history` lists them")
            }
            guard found.server == identity.server else {
                throw ChangeRefusal(
                    "change \(number) was made to \(found.server) (context \(found.context)), and this is "
                        + "\(identity.server): choose it with --context")
            }
            actions = [found]
        } else {
            guard let last = Undo.last(of: author.who, in: records) else {
                throw ChangeRefusal("there is no change of \(author.who) to undo in \(identity.context)")
            }
            actions = Undo.batch(of: last, in: records)
        }
        var requests: [(ChangeRequest, JSONValue?)] = []
        for action in actions {
            let live: JSONValue?
            if let target = action.change?.target { live = try await liveObject(target) } else { live = nil }
            let id = requests.count + 1
            requests.append((try Undo.request(of: action, live: live, in: records, at: Date(), id: id), live))
        }
        return requests
    }

    /// An object as it is now; nil when there is none.
    nonisolated func liveObject(_ key: ObjectKey) async throws -> JSONValue? {
        do {
            return try await source.object(key)
        } catch let failure as RequestFailure where failure.kind == .notFound {
            return nil
        }
    }
}
