import FoundationEssentials
import Testing

@testable import MeshState

@Suite struct ObjectEventTests {
    @Test func asOlderControllersWriteThem() {
        let event = ObjectEvent(object: [
            "type": "Warning", "reason": "Failed", "message": "it \u{1B}[31mbroke", "count": 7,
            "source": ["component": "prober"], "reportingComponent": "", "firstTimestamp": "2026-11-21T13:00:00Z",
            "lastTimestamp": "2026-11-21T14:02:31Z", "eventTime": .null,
        ])
        #expect(event.isWarning && event.count == 7 && event.source == "prober")
        #expect(event.message == "it \u{241B}[31mbroke")
        #expect(event.last == Date(timeIntervalSince1970: 1_795_269_751))
    }

    @Test func asNewerControllersWriteThem() {
        let event = ObjectEvent(object: [
            "type": "Normal", "reason": "Seen", "reportingComponent": "istiod", "eventTime": "2026-11-21T14:02:31.000000Z",
            "series": ["count": 2, "lastObservedTime": "2026-11-21T14:03:31.000000Z"],
        ])
        #expect(!event.isWarning && event.count == 2 && event.source == "istiod")
        #expect(event.last == Date(timeIntervalSince1970: 1_795_269_811))
    }

    @Test(arguments: [[:], [], "x", ["count": -3, "lastTimestamp": "soon", "reason": 5]] as [JSONValue])
    func whatIsNoEventIsAnEmptyOne(_ object: JSONValue) {
        let event = ObjectEvent(object: object)
        #expect(event == ObjectEvent(isWarning: false, reason: "", message: "", source: "", count: 1, last: nil))
    }
}
