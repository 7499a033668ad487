import NIOCore
import Synchronization

/// A queue between tasks that makes its senders wait while it is full, so that memory stays bounded.
///
/// It has any number of senders and one receiver. A sender puts its element in at once and then waits until there is
/// room again: at most one element a sender is held above the capacity, and a cancelled sender loses nothing.
final class BoundedChannel<Element: Sendable>: Sendable {
    private struct State {
        var buffer = CircularBuffer<Element>()
        var isFinished = false
        /// Elements that were ever put in, and of these the ones that the receiver is done with.
        var sent = 0
        var taken = 0
        var handled = 0
        var receiver: Waiter?
        var senders: [Waiter] = []
        var observers: [(target: Int, waiter: Waiter)] = []
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) { self.capacity = capacity }

    /// Puts an element in and waits until there is room for another; false once the channel is finished.
    @discardableResult
    func send(_ element: Element) async -> Bool {
        guard let room = put(element) else { return false }
        await room.wait()
        return true
    }

    /// Puts an element in at once.
    ///
    /// - Returns: to wait on, until there is room for another; nil once the channel is finished.
    func put(_ element: Element) -> Waiter? {
        let room = Waiter()
        let (isAccepted, receiver): (Bool, Waiter?) = state.withLock { state in
            guard !state.isFinished else { return (false, nil) }
            state.buffer.append(element)
            state.sent += 1
            if state.buffer.count > capacity { state.senders.append(room) } else { room.resume() }
            defer { state.receiver = nil }
            return (true, state.receiver)
        }
        receiver?.resume()
        return isAccepted ? room : nil
    }

    /// The next element, once there is one; nil at the end, and at once when the task is cancelled.
    ///
    /// Asking for the next element says that the earlier ones have been dealt with.
    func next() async -> Element? {
        while !Task.isCancelled {
            let waiter = Waiter()
            let (element, isFinished, released) = take(orLeave: waiter)
            released.forEach { $0.resume() }
            if let element { return element }
            if isFinished { return nil }
            await waiter.wait()
        }
        return nil
    }

    /// All elements that are there now, without waiting.
    func drain() -> [Element] {
        let (elements, released) = state.withLock { state in
            defer {
                state.taken += state.buffer.count
                state.buffer.removeAll(keepingCapacity: true)
                state.senders = []
            }
            return (Array(state.buffer), state.senders)
        }
        released.forEach { $0.resume() }
        return elements
    }

    /// Waits until the receiver has dealt with everything that was sent before this call.
    func flushed() async {
        let waiter = Waiter()
        state.withLock { state in
            if state.isFinished || state.handled >= state.sent {
                waiter.resume()
            } else {
                state.observers.append((state.sent, waiter))
            }
        }
        await waiter.wait()
    }

    /// Ends the channel: what is in it can still be taken, nothing more can be put in.
    func finish() {
        let released = state.withLock { state in
            state.isFinished = true
            defer {
                state.senders = []
                state.observers = []
                state.receiver = nil
            }
            return state.senders + state.observers.map(\.waiter) + (state.receiver.map { [$0] } ?? [])
        }
        released.forEach { $0.resume() }
    }

    private func take(orLeave waiter: Waiter) -> (element: Element?, isFinished: Bool, released: [Waiter]) {
        state.withLock { state in
            state.handled = state.taken
            var released = state.observers.filter { $0.target <= state.handled }.map(\.waiter)
            if !released.isEmpty { state.observers.removeAll { $0.target <= state.handled } }
            guard let element = state.buffer.popFirst() else {
                if !state.isFinished { state.receiver = waiter }
                return (nil, state.isFinished, released)
            }
            state.taken += 1
            if state.buffer.count < capacity {
                released += state.senders
                state.senders = []
            }
            return (element, false, released)
        }
    }
}
