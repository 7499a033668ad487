public import MeshState

/// What the sources see, in order.
///
/// Sources wait while the reader is behind, so that nothing piles up and nothing is lost.
///
/// One reader at a time; it ends after `MeshSource.shutdown`, or when the reader's task is cancelled.
public struct ObservationStream: AsyncSequence, Sendable {
    let channel: BoundedChannel<Observation>

    public struct AsyncIterator: AsyncIteratorProtocol {
        let channel: BoundedChannel<Observation>

        public mutating func next() async -> Observation? { await channel.next() }

        public mutating func next(isolation actor: isolated (any Actor)?) async -> Observation? {
            await channel.next()
        }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(channel: channel) }
}
