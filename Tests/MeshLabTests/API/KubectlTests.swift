import Foundation
import MeshState
import Testing

@testable import MeshLab

/// An unmodified kubectl does its daily work against the API.
@Suite struct KubectlTests {
    @Test func appliesShowsAndDeletes() async throws {
        try await TestAPI.run { api in
            let created = try await api.kubectl("apply", "-f", "-", input: TestWorld.entry("cnn"))
            #expect(created.out == "serviceentry.networking.istio.io/cnn created\n", "\(created.err)")
            let again = try await api.kubectl("apply", "-f", "-", input: TestWorld.entry("cnn"))
            #expect(again.out == "serviceentry.networking.istio.io/cnn unchanged\n", "\(again.err)")
            let changed = try await api.kubectl("apply", "-f", "-", input: TestWorld.entry("cnn", host: "cnn.com"))
            #expect(changed.out == "serviceentry.networking.istio.io/cnn configured\n", "\(changed.err)")

            let table = try await api.kubectl("get", "se")
            let lines = table.out.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            #expect(lines.first == ["NAME", "HOSTS", "LOCATION", "RESOLUTION", "AGE"], "\(table.err)")
            #expect(lines.last?.prefix(3) == ["cnn", "[\"cnn.com\"]", "DNS"])
            #expect(try await api.kubectl("get", "se", "-o", "name").out == "serviceentry.networking.istio.io/cnn\n")
            #expect(try await api.kubectl("get", "se", "cnn", "-o", "yaml").out.contains("generation: 2\n"))
            let json = try JSONValue(parsing: try await api.kubectl("get", "se", "cnn", "-o", "json").out)
            #expect(json["spec"]?["hosts"] == ["cnn.com"])
            let old = try await api.kubectl("get", "serviceentries.v1alpha3.networking.istio.io", "cnn", "-o", "json")
            #expect(try JSONValue(parsing: old.out)["apiVersion"] == "networking.istio.io/v1alpha3")

            let wide = try await api.kubectl("get", "pods", "-o", "wide")
            #expect(wide.out.contains("sleep-1") && wide.out.contains("2/2") && wide.out.contains("10.244.0.9"))
            #expect(try await api.kubectl("get", "all").out.contains("service/istiod"))

            let deleted = try await api.kubectl("delete", "se", "cnn")
            #expect(deleted.out.contains("\"cnn\" deleted"), "\(deleted.err)")
            let gone = try await api.kubectl("get", "se", "cnn")
            #expect(gone.err == "Error from server (NotFound): serviceentries.networking.istio.io \"cnn\" not found\n")
        }
    }

    @Test func selectsByLabelsAndFields() async throws {
        try await TestAPI.run { api in
            for name in ["one", "two", "three"] {
                _ = try await api.store.create(.serviceEntries, TestWorld.entryJSON(name, labels: ["app": name]))
            }
            func names(_ option: String, _ value: String) async throws -> [String] {
                let output = try await api.kubectl("get", "se", option, value, "-o", "name")
                #expect(output.isSuccess, "\(output.err)")
                return output.out.split(separator: "\n").compactMap { $0.split(separator: "/").last.map(String.init) }
            }
            #expect(try await names("-l", "app=one") == ["one"])
            #expect(try await names("-l", "app in (one,two)") == ["one", "two"])
            #expect(try await names("-l", "app notin (one,two)") == ["three"])
            #expect(try await names("-l", "!app") == [])
            #expect(try await names("--field-selector", "metadata.name=two") == ["two"])
            #expect(try await names("--field-selector", "metadata.name!=two") == ["one", "three"])
            let bad = try await api.kubectl("get", "se", "--field-selector", "spec.hosts=x")
            #expect(bad.err.contains("field label not supported: spec.hosts"))
            #expect(try await api.kubectl("delete", "se", "--all").out.split(separator: "\n").count == 3)
            #expect(await api.store.list(.serviceEntries).objects.isEmpty)
        }
    }

    @Test func showsMoreThanOneChunk() async throws {
        try await TestAPI.run { api in
            for index in 0..<600 { try await api.store.create(.serviceEntries, TestWorld.entryJSON("entry-\(index)")) }
            let output = try await api.kubectl("get", "se", "-A", "--no-headers")
            #expect(output.out.split(separator: "\n").count == 600, "\(output.err)")
        }
    }

    @Test func appliesOnTheServer() async throws {
        try await TestAPI.run { api in
            let first = try await api.kubectl("apply", "--server-side", "-f", "-", input: TestWorld.entry("cnn"))
            #expect(first.out == "serviceentry.networking.istio.io/cnn serverside-applied\n", "\(first.err)")
            // What the same manager no longer names goes.
            let smaller = TestWorld.entry("cnn").replacing("  resolution: DNS", with: "  location: MESH_EXTERNAL")
            let second = try await api.kubectl("apply", "--server-side", "-f", "-", input: smaller)
            #expect(second.isSuccess, "\(second.err)")
            let spec = await api.store.get(.serviceEntries, namespace: "default", name: "cnn")?["spec"]
            #expect(spec?["resolution"] == nil)
            #expect(spec?["location"] == "MESH_EXTERNAL")
            // Another manager's change is a conflict, until it is forced.
            let other = ["apply", "--server-side", "--field-manager", "other", "-f", "-"]
            let input = TestWorld.entry("cnn", host: "other.example.com")
            let refused = try await api.kubectl(
                other[0], other[1], other[2], other[3], other[4], other[5], input: input)
            #expect(refused.err.contains("conflict with \"kubectl\""), "\(refused.err)")
            #expect(refused.err.contains(".spec.hosts"))
            let forced = try await api.kubectl(
                "apply", "--server-side", "--force-conflicts", "--field-manager", "other", "-f", "-", input: input)
            #expect(forced.isSuccess, "\(forced.err)")
            // An entry that was applied by the client moves over without a conflict.
            try await api.kubectl("apply", "-f", "-", input: TestWorld.entry("moved"))
            let moved = try await api.kubectl(
                "apply", "--server-side", "-f", "-", input: TestWorld.entry("moved", host: "new.example.com"))
            #expect(moved.isSuccess, "\(moved.err)")
        }
    }

    @Test func editsAndDiffs() async throws {
        try await TestAPI.run { api in
            try await api.kubectl("apply", "-f", "-", input: TestWorld.entry("cnn"))
            let edited = try await api.kubectl(
                "edit", "se", "cnn", environment: ["KUBE_EDITOR": "sed -i s/example.com/edited.example.com/"])
            #expect(edited.out.contains("edited"), "\(edited.err)")
            let hosts = await api.store.get(.serviceEntries, namespace: "default", name: "cnn")?["spec"]?["hosts"]
            #expect(hosts == ["edited.example.com"])

            let diff = try await api.kubectl("diff", "-f", "-", input: TestWorld.entry("cnn", host: "diff.example.com"))
            #expect(diff.out.contains("-  - edited.example.com\n+  - diff.example.com"), "\(diff.out)\(diff.err)")
            let patched = try await api.kubectl(
                "patch", "se", "cnn", "--type", "json", "-p",
                #"[{"op":"replace","path":"/spec/resolution","value":"NONE"}]"#)
            #expect(patched.isSuccess, "\(patched.err)")
            #expect(try await api.kubectl("label", "se", "cnn", "team=payments").isSuccess)
            #expect(try await api.kubectl("annotate", "se", "cnn", "note=x").isSuccess)
            #expect(try await api.kubectl("label", "pod", "sleep-1", "team=payments").isSuccess)
            #expect(try await api.kubectl("get", "pods", "-l", "team=payments", "-o", "name").out == "pod/sleep-1\n")
        }
    }

    @Test func appliesCoreKindsByStrategicPatch() async throws {
        try await TestAPI.run { api in
            func service(_ ports: String) -> String {
                """
                {"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"default"},
                "spec":{"selector":{"app":"web"},"ports":[\(ports)]}}
                """
            }
            let http = #"{"name":"http","port":80}"#
            let created = try await api.kubectl("apply", "-f", "-", input: service(http))
            #expect(created.out == "service/web created\n", "\(created.err)")
            // A port that someone else added stays when the applied one changes.
            let patched = try await api.kubectl(
                "patch", "service", "web", "-p", #"{"spec":{"ports":[{"name":"https","port":443}]}}"#)
            #expect(patched.isSuccess, "\(patched.err)")
            let grpc = #"{"name":"http","port":80,"appProtocol":"grpc"}"#
            let changed = try await api.kubectl("apply", "-f", "-", input: service(grpc))
            #expect(changed.out == "service/web configured\n", "\(changed.err)")
            let spec = await api.store.get(.services, namespace: "default", name: "web")?["spec"]
            #expect(spec?["ports"]?.arrayValue?.compactMap { $0["port"] } == [80, 443])
            #expect(spec?["ports"]?[0]?["appProtocol"] == "grpc")
            let diff = try await api.kubectl("diff", "-f", "-", input: service(http))
            #expect(diff.out.contains("-  - appProtocol: grpc"), "\(diff.out)\(diff.err)")
        }
    }

    @Test func explainsAndDiscovers() async throws {
        try await TestAPI.run { api in
            let port = try await api.kubectl("explain", "serviceentry.spec.ports")
            #expect(port.out.contains("targetPort\t<integer>"), "\(port.out)\(port.err)")
            #expect(port.out.contains("GROUP:      networking.istio.io"))
            let old = try await api.kubectl(
                "explain", "se.spec.resolution", "--api-version", "networking.istio.io/v1alpha3")
            #expect(old.out.contains("DNS_ROUND_ROBIN"), "\(old.err)")
            #expect(try await api.kubectl("explain", "pod.spec.containers").out.contains("image\t<string>"))
            let resources = try await api.kubectl("api-resources")
            #expect(resources.out.contains("serviceentries"), "\(resources.err)")
            #expect(resources.out.contains("networking.istio.io/v1 "))
            #expect(try await api.kubectl("api-versions").out.contains("networking.istio.io/v1beta1\n"))
            #expect(try await api.kubectl("auth", "can-i", "patch", "serviceentries").out == "yes\n")
            #expect(try await api.kubectl("auth", "whoami").out.contains("admin"))
            let version = try await api.kubectl("version")
            #expect(version.out.contains("Server Version"), "\(version.err)")
            #expect(try await api.kubectl("describe", "se").isSuccess)
        }
    }

    @Test func watches() async throws {
        try await TestAPI.run { api in
            try await api.store.create(.serviceEntries, TestWorld.entryJSON("first"))
            try await api.following("get se -w") { file in
                try await eventually("the first row") { text(of: file).contains("first ") }
                try await api.store.create(.serviceEntries, TestWorld.entryJSON("second"))
                try await eventually("the new row") { text(of: file).contains("second ") }
            }
        }
    }

    @Test func followsLogs() async throws {
        try await TestAPI.run { api in
            let log = api.directory.appending(path: "default_sleep-1_sleep.log")
            try "one\ntwo\nthree\n".write(to: log, atomically: false, encoding: .utf8)
            #expect(try await api.kubectl("logs", "sleep-1").out == "one\ntwo\nthree\n")
            #expect(try await api.kubectl("logs", "sleep-1", "--tail", "1").out == "three\n")
            #expect(try await api.kubectl("logs", "sleep-1", "--limit-bytes", "5").out == "one\nt")
            let unknown = try await api.kubectl("logs", "sleep-1", "-c", "nope")
            #expect(unknown.err.contains("container nope is not valid for pod sleep-1"))
            let previous = try await api.kubectl("logs", "sleep-1", "-p")
            #expect(previous.err.contains("previous terminated container \"sleep\" in pod \"sleep-1\" not found"))
            // The proxy's log does not exist yet.
            let proxyLog = api.directory.appending(path: "default_sleep-1_istio-proxy.log")
            try await api.following("logs -f sleep-1 -c istio-proxy") { file in
                try "early\n".write(to: proxyLog, atomically: false, encoding: .utf8)
                try await eventually("the first line") { text(of: file) == "early\n" }
                // Truncated in place, as logrotate's copytruncate does.
                let handle = try FileHandle(forWritingTo: proxyLog)
                try handle.truncate(atOffset: 0)
                try handle.seek(toOffset: 0)
                try handle.write(contentsOf: Data("new\n".utf8))
                try await eventually("the line after the cut") { text(of: file) == "early\nnew\n" }
                try handle.close()
            }
        }
    }

    @Test func refusesInTheApiServersWords() async throws {
        try await TestAPI.run { api in
            let unknown = try await api.kubectl(
                "apply", "-f", "-", input: TestWorld.entry("x").replacing("resolution:", with: "resolushun:"))
            #expect(unknown.err.contains("strict decoding error: unknown field \"spec.resolushun\""), "\(unknown.err)")
            let namespace = try await api.kubectl(
                "create", "-f", "-",
                input: TestWorld.entry("x").replacing("namespace: default", with: "namespace: nope"))
            #expect(namespace.err.contains("namespaces \"nope\" not found"), "\(namespace.err)")
            try await api.kubectl("create", "-f", "-", input: TestWorld.entry("x"))
            let twice = try await api.kubectl("create", "-f", "-", input: TestWorld.entry("x"))
            #expect(twice.err.contains("(AlreadyExists)"), "\(twice.err)")
            #expect(twice.err.contains("serviceentries.networking.istio.io \"x\" already exists"))
            let token = try await api.kubectl("get", "se", "--token", "wrong")
            #expect(!token.isSuccess)
            #expect(token.err.contains("Unauthorized") || token.err.contains("logged in"), "\(token.err)")
        }
    }

    @Test func reachesPodsThroughTheProxy() async throws {
        try await TestAPI.run { api in
            let raw = try await api.kubectl("get", "--raw", "/api/v1/namespaces/default/pods/sleep-1:1/proxy/clusters")
            #expect(raw.err.contains("connection refused"), "\(raw.err)")
        }
    }

    /// Before it sends the objects of a List, kubectl looks for their types in the older description of the API.
    @Test func appliesLists() async throws {
        try await TestAPI.run { api in
            let list = """
                apiVersion: v1
                kind: List
                items:
                - {apiVersion: v1, kind: ConfigMap, metadata: {name: one}, data: {a: b}}
                - apiVersion: v1
                  kind: Service
                  metadata: {name: two}
                  spec: {selector: {app: x}, sessionAffinity: None, ports: [{port: 80}]}
                - apiVersion: networking.istio.io/v1
                  kind: ServiceEntry
                  metadata: {name: three}
                  spec: {hosts: [a.example.com], resolution: DNS, ports: [{number: 80, name: http, protocol: HTTP}]}
                """
            let applied = try await api.kubectl("apply", "-f", "-", input: list)
            #expect(
                applied.out == """
                    configmap/one created
                    service/two created
                    serviceentry.networking.istio.io/three created

                    """, "\(applied.err)")
            #expect(applied.err == "")
            let unknown = try await api.kubectl("apply", "-f", "-", input: list.replacing("resolution", with: "res"))
            #expect(unknown.err.contains(#"unknown field "spec.res""#), "\(unknown)")
            let strange = try await api.kubectl(
                "apply", "-f", "-", input: list.replacing("kind: ConfigMap", with: "kind: Strange"))
            #expect(!strange.isSuccess)
        }
    }
}
