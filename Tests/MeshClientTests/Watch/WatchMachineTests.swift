import MeshState
import Testing

@testable import MeshClient

struct WatchMachineTests {
    private let refused = RequestFailure(.unreachable, "refused")
    private let long = Duration.seconds(60)

    /// A machine that watches from version 10.
    private func watching() -> WatchMachine {
        var machine = WatchMachine()
        #expect(machine.start() == .list)
        #expect(machine.listed(resourceVersion: "10") == .watch(resourceVersion: "10"))
        machine.opened()
        return machine
    }

    @Test func goesOnFromTheLastVersionAfterTheServersTimeout() {
        var machine = watching()
        machine.received(.applied(.null), resourceVersion: "11")
        machine.received(.bookmark, resourceVersion: "20")
        #expect(machine.ended(.closed, lasted: long, random: 0) == .watch(resourceVersion: "20"))
        #expect(machine.trouble == nil)
    }

    @Test func silenceLeadsToANewConnectionWithoutTrouble() {
        var machine = watching()
        #expect(machine.ended(.idle, lasted: long, random: 0) == .watch(resourceVersion: "10"))
        #expect(machine.trouble == nil)
    }

    @Test func aCutConnectionIsTriedAgainAtOnceAndThenWithPatience() {
        var machine = watching()
        machine.received(.bookmark, resourceVersion: "15")
        #expect(machine.ended(.failed(refused), lasted: long, random: 0) == .watch(resourceVersion: "15"))
        #expect(machine.ended(.failed(refused), lasted: .zero, random: 0) == .wait(.seconds(1)))
        #expect(machine.trouble == .init(reason: "refused", isDenied: false, attempt: 1))
        #expect(machine.start() == .watch(resourceVersion: "15"))
        #expect(machine.ended(.failed(refused), lasted: .zero, random: 0) == .wait(.seconds(2)))
        #expect(machine.trouble?.attempt == 2)
    }

    @Test func anExpiredVersionLeadsToANewList() {
        let expired = RequestFailure(.expired, "too old resource version")
        var byEvent = watching()
        byEvent.received(.applied(.null), resourceVersion: "11")
        byEvent.received(.error(expired), resourceVersion: nil)
        #expect(byEvent.ended(.failed(expired), lasted: .zero, random: 0) == .list)
        var byAnswer = watching()
        byAnswer.received(.bookmark, resourceVersion: "11")
        #expect(byAnswer.ended(.failed(expired), lasted: .zero, random: 0) == .list)
        #expect(byAnswer.trouble == nil)
    }

    @Test func aListThatIsAtOnceTooOldIsNotAskedForInALoop() {
        let expired = RequestFailure(.expired, "too old resource version")
        var machine = watching()
        machine.received(.error(expired), resourceVersion: nil)
        #expect(machine.ended(.failed(expired), lasted: .zero, random: 0) == .wait(.seconds(1)))
        #expect(machine.start() == .list)
    }

    @Test func anyOtherErrorOfTheServerLeadsToANewListWithPatience() {
        var machine = watching()
        let failure = RequestFailure(.refused(500), "etcd is away")
        machine.received(.error(failure), resourceVersion: nil)
        #expect(machine.ended(.failed(failure), lasted: .zero, random: 0) == .wait(.seconds(1)))
        #expect(machine.start() == .list)
    }

    @Test func aWatchThatEndsAtOnceIsTrouble() {
        var machine = watching()
        #expect(machine.ended(.closed, lasted: .milliseconds(3), random: 0) == .wait(.seconds(1)))
        #expect(machine.trouble?.reason.contains("at once") == true)
    }

    @Test func denialIsToldAndTriedAgainWithPatience() {
        var machine = WatchMachine()
        let denied = RequestFailure(.denied, "cannot list")
        #expect(machine.failed(denied, random: 0) == .wait(.seconds(1)))
        #expect(machine.trouble == .init(reason: "cannot list", isDenied: true, attempt: 1))
        #expect(machine.start() == .list)
    }

    @Test func theServersWishToWaitCounts() {
        var machine = WatchMachine()
        let busy = RequestFailure(.refused(429), "too many requests", retryAfter: .seconds(9))
        #expect(machine.failed(busy, random: 0) == .wait(.seconds(9)))
    }

    @Test func successEndsTheTrouble() {
        var machine = WatchMachine()
        _ = machine.failed(refused, random: 0)
        _ = machine.failed(refused, random: 0)
        _ = machine.listed(resourceVersion: "3")
        #expect(machine.trouble == nil)
        #expect(
            machine.ended(.failed(RequestFailure(.refused(500), "x")), lasted: .zero, random: 0) == .wait(.seconds(1)))
    }
}

struct WatchEventTests {
    @Test func readsARealWatch() throws {
        let lines = try RecordedAnswer("watch.http").body.split(separator: "\n")
        let events = try lines.map {
            try #require(try WatchEvent.reading(Array($0.utf8), resource: .serviceEntries))
        }
        let kinds = events.map { event in
            switch event.event {
            case .applied: "applied"
            case .deleted: "deleted"
            case .bookmark: "bookmark"
            case .error: "error"
            }
        }
        #expect(kinds == ["applied", "applied", "applied", "deleted", "bookmark", "bookmark", "bookmark"])
        #expect(events.last?.resourceVersion == "316")
        #expect(events.allSatisfy { $0.resourceVersion != nil })
    }

    @Test func readsThatTheVersionIsTooOld() throws {
        let line = try RecordedAnswer("watch-rv1-410.http").body
        let event = try #require(try WatchEvent.reading(Array(line.utf8), resource: .serviceEntries))
        guard case .error(let failure) = event.event else {
            Issue.record("no error: \(event)")
            return
        }
        #expect(failure.kind == .expired)
        #expect(failure.message == "too old resource version: 1 (250)")
    }

    @Test(arguments: ["{", "nonsense", "{\"type\":\"ADDED\""])
    func whatIsNoJSONIsAnError(line: String) {
        #expect(throws: JSONSyntaxError.self) {
            try WatchEvent.reading(Array(line.utf8), resource: .pods)
        }
    }

    @Test func typesThatAreNotKnownArePassedOver() throws {
        #expect(try WatchEvent.reading(Array("{\"type\":\"LATER\"}".utf8), resource: .pods) == nil)
    }
}

struct ScopedObjectsTests {
    @Test func aListOfOneNamespaceLeavesTheOthersAlone() {
        var scopes = ScopedObjects()
        func join(_ fact: Observation.Fact, _ namespace: String) -> String {
            scopes.join(fact, of: namespace).summary
        }
        let a = object("Pod", "a", version: 1)
        let b = object("Pod", "b", version: 2)
        let gateway = object("Pod", "gateway", namespace: "istio-system", version: 3)
        #expect(join(.listed(resource: "pods", objects: [a]), "default") == "listed a")
        #expect(join(.listed(resource: "pods", objects: [gateway]), "istio-system") == "listed a,gateway")
        #expect(join(.applied(resource: "pods", object: b), "default") == "applied b")
        #expect(join(.deleted(resource: "pods", object: a), "default") == "deleted a")
        #expect(join(.listed(resource: "pods", objects: [gateway]), "istio-system") == "listed b,gateway")
        #expect(join(.listed(resource: "pods", objects: []), "default") == "listed gateway")
        #expect(join(.alive, "default") == "alive")
    }
}
