import MeshState
import Testing

@testable import MeshClient

struct PollMachineTests {
    @Test(arguments: [
        (0.5, 0.0, 1.0), (0.5, 0.3, 0.7), (0.5, 2.5, 0.0), (0.0, 0.0, 0.95), (1.0, 0.0, 1.05),
    ])
    func theNextPollIsDueAnIntervalAfterTheLast(random: Double, took: Double, wait: Double) {
        var machine = PollMachine()
        let delay = machine.answered(took: .seconds(took), interval: .seconds(1), random: random)
        #expect(abs(delay.inSeconds - wait) < 1e-9)
    }

    @Test func manyProxiesArePolledLessOften() {
        let interval = PollInterval(.seconds(1))
        interval.expect(proxies: 50)
        #expect(interval.value == .seconds(1))
        #expect(!interval.isCrowded)
        interval.expect(proxies: 500)
        #expect(interval.value == .seconds(10))
        #expect(interval.isCrowded)
        interval.want(.seconds(15))
        #expect(interval.value == .seconds(15))
        #expect(!interval.isCrowded)
    }

    @Test func failuresBackOffAndNeverPollFasterThanTheInterval() {
        var machine = PollMachine()
        let failure = RequestFailure(.unreachable, "refused")
        #expect(machine.failed(failure, interval: .seconds(1), random: 0) == (1, .seconds(1)))
        #expect(machine.failed(failure, interval: .seconds(1), random: 0) == (2, .seconds(2)))
        #expect(machine.failed(failure, interval: .seconds(60), random: 0) == (3, .seconds(57)))
        _ = machine.answered(took: .zero, interval: .seconds(1), random: 0)
        #expect(machine.failed(failure, interval: .seconds(1), random: 0) == (1, .seconds(1)))
    }
}
