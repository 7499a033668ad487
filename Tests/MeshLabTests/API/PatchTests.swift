import MeshState
import Testing

@testable import MeshLab

@Suite struct PatchTests {
    /// Document, patch, result; a nil result for a patch that does not apply. After RFC 6902, appendix A, and its
    /// erratas' corners.
    static let jsonPatches: [(String, String, String?)] = [
        (#"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz","value":"qux"}]"#, #"{"baz":"qux","foo":"bar"}"#),
        (#"{"foo":["bar","baz"]}"#, #"[{"op":"add","path":"/foo/1","value":"qux"}]"#, #"{"foo":["bar","qux","baz"]}"#),
        (#"{"baz":"qux","foo":"bar"}"#, #"[{"op":"remove","path":"/baz"}]"#, #"{"foo":"bar"}"#),
        (#"{"foo":["bar","qux","baz"]}"#, #"[{"op":"remove","path":"/foo/1"}]"#, #"{"foo":["bar","baz"]}"#),
        (
            #"{"baz":"qux","foo":"bar"}"#, #"[{"op":"replace","path":"/baz","value":"boo"}]"#,
            #"{"baz":"boo","foo":"bar"}"#
        ),
        (
            #"{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}"#,
            #"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
            #"{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}"#
        ),
        (
            #"{"foo":["all","grass","cows","eat"]}"#, #"[{"op":"move","from":"/foo/1","path":"/foo/3"}]"#,
            #"{"foo":["all","cows","eat","grass"]}"#
        ),
        (
            #"{"baz":"qux","foo":["a",2,"c"]}"#,
            #"[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]"#,
            #"{"baz":"qux","foo":["a",2,"c"]}"#
        ),
        (#"{"baz":"qux"}"#, #"[{"op":"test","path":"/baz","value":"bar"}]"#, nil),
        (
            #"{"foo":"bar"}"#, #"[{"op":"add","path":"/child","value":{"grandchild":{}}}]"#,
            #"{"child":{"grandchild":{}},"foo":"bar"}"#
        ),
        (#"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz/bat","value":"qux"}]"#, nil),
        (#"{"/":9,"~1":10}"#, #"[{"op":"test","path":"/~01","value":10}]"#, #"{"/":9,"~1":10}"#),
        (#"{"/":9,"~1":10}"#, #"[{"op":"test","path":"/~01","value":"10"}]"#, nil),
        (
            #"{"foo":["bar"]}"#, #"[{"op":"add","path":"/foo/-","value":["abc","def"]}]"#,
            #"{"foo":["bar",["abc","def"]]}"#
        ),
        (#"{"foo":["bar"]}"#, #"[{"op":"add","path":"/foo/2","value":"x"}]"#, nil),
        (#"{"foo":["bar"]}"#, #"[{"op":"remove","path":"/foo/01"}]"#, nil),
        (#"{"foo":1}"#, #"[{"op":"replace","path":"","value":{"bar":2}}]"#, #"{"bar":2}"#),
        (#"{"foo":1}"#, #"[{"op":"copy","from":"/foo","path":"/bar"}]"#, #"{"bar":1,"foo":1}"#),
        (#"{"foo":{"bar":1}}"#, #"[{"op":"move","from":"/foo","path":"/foo/bar"}]"#, nil),
        (#"{"foo":null}"#, #"[{"op":"replace","path":"/foo","value":"x"}]"#, #"{"foo":"x"}"#),
        (#"{"foo":1}"#, #"[{"op":"remove","path":"/bar"}]"#, nil),
    ]

    @Test(arguments: jsonPatches) func patchesJSON(_ document: String, _ patch: String, _ result: String?) throws {
        let parsed = try JSONPatch(JSONValue(parsing: patch))
        let document = try JSONValue(parsing: document)
        if let result {
            #expect(try parsed.applied(to: document).jsonText() == result)
        } else {
            #expect(throws: JSONPatch.Failure.self) { try parsed.applied(to: document) }
        }
    }

    @Test(arguments: [
        #"{"op":"add"}"#, #"[{"op":"jump","path":"/a"}]"#, #"[{"op":"add","path":"/a"}]"#,
        #"[{"op":"remove","path":"a"}]"#,
    ])
    func refusesMalformedPatches(_ patch: String) throws {
        let value = try JSONValue(parsing: patch)
        #expect(throws: JSONPatch.Failure.self) { try JSONPatch(value) }
    }

    /// Document, patch, result: RFC 7386, appendix A.
    static let mergePatches: [(String, String, String)] = [
        (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
        (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
        (#"{"a":"b"}"#, #"{"a":null}"#, #"{}"#),
        (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
        (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
        (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
        (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
        (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#),
        (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
        (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#),
        (#"{"a":"foo"}"#, #"null"#, #"null"#),
        (#"{"a":"foo"}"#, #""bar""#, #""bar""#),
        (#"{"e":null}"#, #"{"a":1}"#, #"{"a":1,"e":null}"#),
        (#"[1,2]"#, #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
        (#"{}"#, #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
    ]

    @Test(arguments: mergePatches) func merges(_ document: String, _ patch: String, _ result: String) throws {
        #expect(try JSONValue(parsing: document).merging(JSONValue(parsing: patch)).jsonText() == result)
    }

    /// What a strategic patch makes of a service's ports 80 and 443.
    static let strategicPatches: [(String, [Int64])] = [
        (#"{"spec":{"ports":[{"port":80,"name":"web"}]}}"#, [80, 443]),
        (#"{"spec":{"ports":[{"port":8080}]}}"#, [80, 443, 8080]),
        (#"{"spec":{"ports":[{"port":80,"$patch":"delete"}]}}"#, [443]),
        (#"{"spec":{"ports":[{"$patch":"replace"},{"port":1}]}}"#, [1]),
        (
            #"{"spec":{"$setElementOrder/ports":[{"port":443},{"port":80}],"ports":[{"port":80,"name":"x"}]}}"#,
            [443, 80]
        ),
        (#"{"spec":{"ports":null}}"#, []),
    ]

    @Test(arguments: strategicPatches) func mergesStrategically(_ patch: String, _ ports: [Int64]) throws {
        let service: JSONValue = ["spec": ["ports": [["port": 80, "name": "http"], ["port": 443, "name": "https"]]]]
        let result = service.mergingStrategically(try JSONValue(parsing: patch), schema: .service)
        #expect((result["spec"]?["ports"]?.arrayValue ?? []).compactMap { $0["port"]?.integerValue } == ports)
    }

    @Test func strategicPatchKeepsWhatItDoesNotName() throws {
        let service: JSONValue = ["spec": ["ports": [["port": 80, "name": "http"]], "selector": ["app": "a"]]]
        let patch = try JSONValue(
            parsing: #"{"spec":{"ports":[{"port":80,"appProtocol":"grpc"}],"selector":{"app":null}}}"#)
        let result = service.mergingStrategically(patch, schema: .service)
        #expect(
            result.jsonText() == #"{"spec":{"ports":[{"appProtocol":"grpc","name":"http","port":80}],"selector":{}}}"#)
    }
}
