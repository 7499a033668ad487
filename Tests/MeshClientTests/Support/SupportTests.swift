import MeshState
import Testing

@testable import MeshClient

struct BackoffTests {
    @Test(arguments: [(1, 1.0), (2, 2), (3, 4), (4, 8), (5, 16), (6, 30), (7, 30), (60, 30)])
    func doublesUpToItsLimit(attempt: Int, seconds: Double) {
        var backoff = Backoff()
        var delay = Duration.zero
        for _ in 0..<attempt { delay = backoff.failed(random: 0) }
        #expect(delay.inSeconds == seconds)
        #expect(backoff.attempt == attempt)
    }

    @Test func jitterTakesUpToAQuarterOff() {
        var backoff = Backoff()
        #expect(backoff.failed(random: 1).inSeconds == 0.75)
        #expect(backoff.failed(random: 0.5).inSeconds == 1.75)
    }

    @Test func theServersWishCounts() {
        var backoff = Backoff()
        #expect(backoff.failed(random: 0, atLeast: .seconds(7)) == .seconds(7))
    }

    @Test func successStartsAnew() {
        var backoff = Backoff()
        for _ in 0..<5 { _ = backoff.failed(random: 0) }
        backoff.succeeded()
        #expect(backoff.failed(random: 0) == .seconds(1))
        #expect(backoff.attempt == 1)
    }
}

struct LineSplitterTests {
    /// Cut at every place, the pieces give the same lines.
    @Test(arguments: ["one\ntwo\n", "one\r\ntwo\r\n", "\n\none\n", "rest", "", "zwölf\nüber\n"])
    func linesDoNotDependOnTheCuts(text: String) {
        let bytes = Array(text.utf8)
        var whole = LineSplitter(longest: 100)
        let expected = whole.append(bytes)
        for cut in 0...bytes.count {
            var splitter = LineSplitter(longest: 100)
            #expect(splitter.append(bytes[..<cut]) + splitter.append(bytes[cut...]) == expected)
        }
    }

    @Test func aLineThatIsTooLongIsLeftOut() {
        var splitter = LineSplitter(longest: 4)
        #expect(splitter.append(Array("ab\ntoo long\nabcd\n".utf8)) == [Array("ab".utf8), Array("abcd".utf8)])
    }
}

struct BoundedChannelTests {
    @Test func elementsComeInOrderAndEndAfterFinish() async {
        let channel = BoundedChannel<Int>(capacity: 8)
        for number in 1...3 { await channel.send(number) }
        channel.finish()
        #expect(await channel.send(4) == false)
        var got: [Int] = []
        while let number = await channel.next() { got.append(number) }
        #expect(got == [1, 2, 3])
    }

    @Test func sendersWaitWhileItIsFull() async throws {
        let channel = BoundedChannel<Int>(capacity: 2)
        let told = Told()
        let sender = Task {
            for number in 1...10 {
                await channel.send(number)
                await told.tell(.istiod, .failed(reason: "", attempt: number, retryAt: nil))
            }
        }
        // Two fit; the third is in the channel while its sender waits.
        try await eventually { told.all.count == 2 }
        #expect(channel.drain() == [1, 2, 3])
        try await eventually { told.all.count >= 5 }
        sender.cancel()
        await sender.value
    }

    @Test func flushedWaitsUntilTheReaderComesBack() async throws {
        let channel = BoundedChannel<Int>(capacity: 8)
        await channel.send(1)
        let told = Told()
        let flush = Task {
            await channel.flushed()
            await told.tell(.istiod, .alive)
        }
        #expect(await channel.next() == 1)
        #expect(told.all.isEmpty)
        let reader = Task { await channel.next() }
        await flush.value
        #expect(told.all.count == 1)
        channel.finish()
        #expect(await reader.value == nil)
    }

    @Test func cancellingTheReaderEndsItsWait() async {
        let channel = BoundedChannel<Int>(capacity: 1)
        let reader = Task { await channel.next() }
        reader.cancel()
        #expect(await reader.value == nil)
    }
}

struct AlarmTests {
    @Test func ringingEndsASleepAndTheNextOneIfNobodySleeps() async {
        let alarm = Alarm()
        alarm.ring()
        #expect(await alarm.sleep(for: .seconds(600)) == .rung)
        let sleeper = Task { await alarm.sleep(for: .seconds(600)) }
        alarm.ring()
        #expect(await sleeper.value == .rung)
        #expect(await alarm.sleep(for: .milliseconds(1)) == .time)
    }
}

struct FirstRoundTests {
    @Test func endsWithTheLastExpectation() async {
        let round = FirstRound()
        #expect(round.expect(.source(.istiod)))
        #expect(!round.expect(.source(.istiod)))
        round.expect(.source(.watch("pods")))
        let waiting = Task { await round.complete() }
        round.fulfil(.source(.istiod))
        #expect(round.missing == [.source(.watch("pods"))])
        round.expect(.name(address: "203.0.113.10"))
        round.fulfil(.source(.watch("pods")))
        #expect(round.missing == [.name(address: "203.0.113.10")])
        round.forget(.name(address: "203.0.113.10"))
        await waiting.value
        #expect(round.expect(.name(address: "203.0.113.10")), "what was forgotten can be expected again")
    }
}
