import Dispatch
import Glibc

/// Waits for TERM or INT as events, so that a process ends in order.
enum TerminationSignals {
    /// Returns when one of the signals arrives, or when the task is cancelled.
    static func wait() async {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        let sources = [SIGTERM, SIGINT, SIGHUP].map { number in
            signal(number, SIG_IGN)  // The source sees a signal that is ignored; its default action would end us.
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { continuation.yield() }
            source.resume()
            return source
        }
        for await _ in stream { break }
        sources.forEach { $0.cancel() }
    }
}
