import Foundation
import MeshHistory
import MeshState

extension MeshSession {
    /// Ends an entry that is over, if it still is so: others may do the same at the same time.
    ///
    /// - Returns: what was done; nil where nothing was to be done any more.
    /// - Throws: what the API said against it.
    @discardableResult
    func enforce(_ key: ObjectKey) async throws -> String? {
        guard let object = try await liveObject(key) else { return nil }
        let version = snapshot().istioVersion
        guard
            var request = try Expiry.enforcement(
                of: ServiceEntry(object: object), version: version, at: Date(), id: 0)
        else { return nil }
        // What began it is over by this; undoing goes on before it.
        request.undoes = await origin(of: key)
        switch await perform(request) {
        case .done: return request.summary
        case .failed(_, isConflict: true): return nil
        case .failed(let message, _):
            if try await liveObject(key) == nil { return nil }
            throw Failure("\(request.summary): \(message)")
        }
    }

    /// The change that made an entry what it is for a while, if it was made from here.
    private func origin(of key: ObjectKey) async -> Int64? {
        // Without a journal there is nothing to look it up in.
        let records = (try? await journal().records(server: identity.server)) ?? []
        let latest = records.first { $0.isDone && $0.change?.target == key }
        let annotations = latest?.change?.sent?["metadata"]?["annotations"]?.stringMap ?? [:]
        return Expiry(annotations: annotations) == nil ? nil : latest?.number
    }
}
