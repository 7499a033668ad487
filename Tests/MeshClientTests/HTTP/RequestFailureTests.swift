import MeshState
import Testing

@testable import MeshClient

struct RequestFailureTests {
    /// What a real API server answered, and what becomes of it.
    @Test(arguments: [
        (
            "err-401-badtoken.http", RequestFailure.Kind.denied,
            "list of pods: the API does not accept our credentials (HTTP 401); check the user of the context"
        ),
        (
            "err-403-list.http", .denied,
            "serviceentries.networking.istio.io is forbidden: User \"viewer\" cannot list resource"
                + " \"serviceentries\" in API group \"networking.istio.io\" in the namespace \"default\""
        ),
        ("se-get-404.http", .notFound, "list of pods: serviceentries.networking.istio.io \"absent\" not found"),
        ("path-404.http", .notFound, "list of pods: 404 page not found"),
        (
            "create-409-exists.http", .conflict,
            "serviceentries.networking.istio.io \"scratch\" already exists"
        ),
        (
            "put-409-stale.http", .conflict,
            "Operation cannot be fulfilled on serviceentries.networking.istio.io \"scratch\": the object has been"
                + " modified; please apply your changes to the latest version and try again"
        ),
        ("pod-log-nokubelet-500.http", .refused(500), "no preferred addresses found; known addresses: []"),
        (
            "create-unknownfield-strict.http", .refused(400),
            "ServiceEntry in version \"v1beta1\" cannot be handled as a ServiceEntry: strict decoding error:"
                + " unknown field \"spec.locashun\""
        ),
    ])
    func putsRecordedAnswersInWords(file: String, kind: RequestFailure.Kind, message: String) throws {
        let answer = try RecordedAnswer(file)
        let failure = RequestFailure(status: answer.status, body: Array(answer.body.utf8), what: "list of pods")
        #expect(failure.kind == kind)
        #expect(failure.message == message)
    }

    @Test(arguments: ["list-continue-expired-410.http", "watch-rv1-410.http"])
    func recognisesWhatIsTooOld(file: String) throws {
        let answer = try RecordedAnswer(file)
        let failure =
            answer.status == 200
            ? RequestFailure(status: try JSONValue(parsing: answer.body)["object"] ?? .null, what: "watch")
            : RequestFailure(status: answer.status, body: Array(answer.body.utf8), what: "list")
        #expect(failure.kind == .expired)
    }

    @Test func keepsBothCausesOfAnInvalidObject() throws {
        let answer = try RecordedAnswer("create-bad-two-causes.http")
        let failure = RequestFailure(status: answer.status, body: Array(answer.body.utf8), what: "create")
        #expect(failure.message.contains("spec.resolution") && failure.message.contains("spec.location"))
    }

    @Test func whatTheServerSaysIsMadeSafe() {
        let body = Array(#"{"kind":"Status","message":"\u001b[2Jgone \u202e"}"#.utf8)
        let failure = RequestFailure(status: 500, body: body, what: "list")
        #expect(failure.message == "␛[2Jgone \\u{202e}")
    }

    @Test(arguments: [("", "list: the server answered HTTP 502"), ("<html>oops", "list: the server answered HTTP 502")])
    func answersWithoutWordsGetSome(body: String, message: String) {
        #expect(RequestFailure(status: 502, body: Array(body.utf8), what: "list").message == message)
    }

    /// istiod behind the API's proxy answers 401 with an empty body.
    @Test func aProgramBehindTheProxyIsToldFromTheAPI() {
        let failure = RequestFailure(status: 401, body: [], what: "istiod's debug/syncz")
        #expect(failure.kind == .denied)
        #expect(failure.message == "istiod's debug/syncz: refused without a token (HTTP 401)")
    }

    @Test func readsHowLongToWait() {
        func failure(_ header: String?) -> Duration? {
            RequestFailure(status: 429, retryAfterHeader: header, body: [], what: "list").retryAfter
        }
        #expect(failure("3") == .seconds(3))
        #expect(failure("100000") == .seconds(300))
        #expect(failure("soon") == nil)
        #expect(failure(nil) == nil)
    }

    @Test(arguments: [
        ("299 - \"unknown field \\\"spec.locashun\\\"\"", "unknown field \"spec.locashun\""),
        ("299 - \"a \\\\ b\" \"date\"", "a \\ b\" \"date"), ("no quotes", "no quotes"), ("299 - \"\u{1B}[2J\"", "␛[2J"),
    ])
    func readsWarnings(header: String, text: String) {
        #expect(KubernetesClient.text(ofWarning: header) == text)
    }
}
