import MeshState
import Testing

/// Destinations as operators write them.
@Suite struct CallTargetTests {
    @Test(
        arguments: [
            ("edition.cnn.com", "edition.cnn.com", nil, nil, "/"),
            ("EDITION.CNN.com:80", "edition.cnn.com", 80, nil, "/"),
            ("203.0.113.10:3306", "203.0.113.10", 3306, nil, "/"), ("2001:db8::1", "2001:db8::1", nil, nil, "/"),
            ("[2001:db8::1]:443", "2001:db8::1", 443, nil, "/"),
            ("https://edition.cnn.com/politics?a=b#c", "edition.cnn.com", 443, .tls, "/politics?a=b"),
            ("http://user:secret@cnn.com:8080", "cnn.com", 8080, .http, "/"),
            ("http://cnn.com?q=1", "cnn.com", 80, .http, "/?q=1"),
            ("tcp://mysql.example.com:3306", "mysql.example.com", 3306, .tcp, "/"),
            ("grpc://api:50051", "api", 50051, .grpc, "/"), ("cnn.com/politics", "cnn.com", nil, nil, "/politics"),
            ("_srv.example.com.", "_srv.example.com.", nil, nil, "/"),
        ] as [(String, String, Int?, EgressCall.Speech?, String)])
    func forms(text: String, host: String, port: Int?, speech: EgressCall.Speech?, path: String) throws {
        let target = try CallTarget(text)
        #expect(target.host == host && target.port == port && target.speech == speech && target.path == path)
    }

    @Test(arguments: [
        "", ":80", "cnn.com:0", "cnn.com:65536", "cnn.com:http", "a b", "ftp://cnn.com", "*.cnn.com", "cnn..com",
        "[2001:db8::1]x", "http://", "/politics",
    ])
    func notDestinations(text: String) {
        #expect(throws: CallTarget.Problem.self) { try CallTarget(text) }
    }
}
