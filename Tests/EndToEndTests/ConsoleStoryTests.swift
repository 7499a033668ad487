import Foundation
import Glibc
import MeshState
import Testing

/// The story as its operator lives it: in a terminal of 80x24, with a kubectl user looking on.
@Suite(.serialized) struct ConsoleStoryTests {
    @Test(.timeLimit(.minutes(4))) func aBlockedRowIsAllowedSwitchedOffAndOnAgain() async throws {
        try await TestLab.run { lab in
            try await TmuxDriver.run([lab.meshtop], columns: 80, rows: 24, environment: lab.environment) { console in
                try await console.press("4")
                try await console.expect("203.0.113.10:3306")
                try await selectMySQL(console)
                try await console.press("a")
                try await console.expect("Allow mysql.example.com:3306")
                try await console.expect("Apply")
                // Cancel is the default: nothing happens by Enter alone.
                try await console.press("Enter")
                try await console.expectNo("Allow mysql.example.com:3306")
                #expect(try await lab.rows("entries").isEmpty)

                try await console.press("a")
                try await console.expect("Allow mysql.example.com:3306")
                try await console.press("Tab", "Enter")
                try await console.expect("flows")
                let entries = try await lab.kubectl("get", "serviceentries", "-o", "json")
                let items = try #require(try JSONValue(parsing: entries)["items"]?.arrayValue)
                let name = try #require(items.first?["metadata"]?["name"]?.stringValue)
                #expect(items.count == 1)
                #expect(items[0]["spec"]?["hosts"] == ["mysql.example.com"])
                #expect(try await lab.queryRatings().status == 0)

                try await console.press("2", "t")
                try await console.expect("Switch off \(name)")
                try await console.press("y")
                try await eventually("the call is blocked again") { try await lab.queryRatings().status != 0 }
                try await console.expect("the entry's row says that it is off") {
                    $0.line(containing: "off", "mysql") != nil
                }
                let off = try await lab.kubectl("get", "serviceentry", name, "-o", "jsonpath={.metadata.labels}")
                #expect(off.contains("meshtop-disabled"))

                try await console.press("t")
                try await console.expect("Switch on \(name)")
                try await console.press("y")
                try await eventually("the call is let out again") { try await lab.queryRatings().status == 0 }
                let on = try await lab.kubectl("get", "serviceentry", name, "-o", "jsonpath={.metadata.labels}")
                #expect(!on.contains("meshtop-disabled"))
                try await console.expect("the entry's row says that it is on") {
                    $0.line(containing: "on", "mysql") != nil && $0.line(containing: "off", "mysql") == nil
                }
                try await console.press("q")
                #expect(try await console.exitStatus() == 0)
                let shell = try await console.screen()
                #expect(!shell.isAlternate && shell.isCursorShown)
            }
        }
    }

    @Test(.timeLimit(.minutes(4))) func theConsoleSurvivesTheLossOfEveryPart() async throws {
        try await TestLab.run { lab in
            try await lab.meshtop("allow", "mysql.example.com:3306", "--from", "ratings-v2-mysql")
            try await TmuxDriver.run([lab.meshtop], columns: 120, rows: 40, environment: lab.environment) { console in
                try await console.expect("11 proxies in sync")

                // An Envoy: it comes back, and the console with it.
                try await kill(program: "envoy ratings-v2-mysql", of: lab)
                try await eventually("the Envoy is back") { try await lab.queryRatings().status == 0 }
                try await kill(program: "mariadb", of: lab)
                try await eventually("the database is back") { try await lab.queryRatings().status == 0 }
                try await console.expect("11 proxies in sync")

                // The lab itself: old data stays readable, and says how old it is.
                let pid = try #require(try await lab.status()["pid"]?.integerValue)
                #expect(Glibc.kill(pid_t(pid), SIGKILL) == 0)
                try await console.expect("STALE")
                try await console.expect("mysql.example.com")
                try await lab.meshtop("lab", "up")
                try await console.expectNo("STALE")
                try await console.expect("11 proxies in sync")
                #expect(try await lab.rows("entries").count == 1)
                try await eventually("the entry is in effect again") { try await lab.queryRatings().status == 0 }
                try await console.press("q")
                #expect(try await console.exitStatus() == 0)
            }
        }
    }

    @Test(.timeLimit(.minutes(3))) func theDemoLeavesNothingBehind() async throws {
        let lab = try TestLab()
        try await TmuxDriver.run([lab.meshtop, "demo"], columns: 120, rows: 40, environment: lab.environment) {
            console in
            try await console.expect("11 proxies in sync", within: .seconds(90))
            try await console.expect("www.google.com")
            #expect(try lab.processes().count >= 13)
            try await console.press("q")
            #expect(try await console.exitStatus() == 0)
            let shell = try await console.screen()
            #expect(!shell.isAlternate && shell.isCursorShown)
            #expect(try console.modesAfterwards().isSuperset(of: ["icanon", "echo", "isig"]))
        }
        #expect(try lab.processes().isEmpty)
        let sockets = FileManager.default.enumerator(
            at: lab.stateHome, includingPropertiesForKeys: [.fileResourceTypeKey])
        let left = (sockets?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "sock" }
        #expect(left.isEmpty)
        try lab.remove()
    }

    @Test(.timeLimit(.minutes(3))) func escapeSequencesOfTheNetworkAreShownNotObeyed() async throws {
        try await TestLab.run { lab in
            // Envoy cleans the names that it logs; a log that somebody else wrote need not be clean.
            let pods = try JSONValue(parsing: try await lab.kubectl("get", "pods", "-l", "app=sleep", "-o", "json"))
            let pod = try #require(pods["items"]?[0]?["metadata"]?["name"]?.stringValue)
            let log = lab.stateHome.appending(path: "meshtop/lab/logs/default_\(pod)_istio-proxy.log")
            let hostile = "\u{1B}]0;owned\u{07}\u{1B}[2J\u{1B}[31mevil\u{202E}.example.com"
            let time = Date().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
            let line = """
                [\(time)Z] "GET / HTTP/1.1" 502 - direct_response - "-" 0 0 0 - "-" "curl" "id" "\(hostile)" "-" - - \
                192.0.2.36:80 10.244.0.15:40000 - block_all

                """
            let file = try FileHandle(forWritingTo: log)
            try file.seekToEnd()
            try file.write(contentsOf: Data(line.utf8))
            try file.close()
            try await TmuxDriver.run([lab.meshtop], columns: 120, rows: 40, environment: lab.environment) { console in
                try await console.press("4", "z")
                let screen = try await console.expect("evil")
                let row = try #require(screen.line(containing: "evil"))
                #expect(row.text.contains("␛[31mevil"))
                #expect(!row.text.unicodeScalars.contains("\u{202E}"))
                #expect(screen.contains("4 Blocked egress"))
                try await console.press("q")
                #expect(try await console.exitStatus() == 0)
            }
            let printed = try await lab.meshtop("blocked")
            #expect(printed.contains("evil") && !printed.contains("\u{1B}"))
        }
    }

    @Test(.timeLimit(.minutes(2)), arguments: [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGSEGV, SIGABRT])
    func aSignalLeavesAUsableShell(signal: Int32) async throws {
        let lab = try TestLab()
        // Nothing answers there: the console opens all the same.
        let command = [lab.meshtop, "--server", "https://127.0.0.1:9"]
        // The report of a crash would wait for a key.
        let environment = lab.environment.merging(["SWIFT_BACKTRACE": "interactive=no"]) { $1 }
        try await TmuxDriver.run(command, columns: 80, rows: 24, environment: environment) { console in
            try await console.expect("refused")
            try console.send(signal: signal)
            #expect(try await console.exitStatus() == 128 + signal)
            let shell = try await console.screen()
            #expect(!shell.isAlternate && shell.isCursorShown)
            #expect(try console.modesAfterwards().isSuperset(of: ["icanon", "echo", "isig"]))
        }
        try lab.remove()
    }

    /// Moves the selection of the blocked pane to the database's row.
    private func selectMySQL(_ console: TmuxDriver) async throws {
        try await console.press("/")
        try await console.type("mysql")
        try await console.press("Enter")
        try await console.expectNo("www.google.com:80")
        // The name behind the address is found a moment after the call.
        try await console.expect("mysql.example.com")
    }

    private func kill(program prefix: String, of lab: TestLab) async throws {
        let programs = try await lab.status()["programs"]?.arrayValue ?? []
        let found = programs.first { $0["name"]?.stringValue?.hasPrefix(prefix) == true }
        let program = try #require(found)
        let pid = try #require(program["pid"]?.integerValue)
        #expect(Glibc.kill(pid_t(pid), SIGKILL) == 0)
        try await eventually("\(prefix) is running again") {
            let now = try await lab.status()["programs"]?.arrayValue?.first { $0["name"] == program["name"] }
            return now?["pid"]?.integerValue.map { $0 != pid } ?? false
        }
    }
}
