import Foundation
import Glibc
import MeshState
import Testing

/// What an operator's hands do on one lab: many entries at once, taking back, for a while, looking back, and what
/// terminals do to a program.
@Suite(.serialized) struct OperatorStoryTests {
    @Test(.timeLimit(.minutes(6))) func oneShift() async throws {
        try await TestLab.run { lab in
            try await TmuxDriver.run([lab.meshtop], columns: 120, rows: 40, environment: lab.environment) { console in
                try await console.expect("11 proxies in sync")
                try await switchMany(lab, console)
                try await console.press("q")
                #expect(try await console.exitStatus() == 0)
            }
            try await TmuxDriver.run([lab.meshtop], columns: 80, rows: 24, environment: lab.environment) { console in
                try await console.expect("11 proxies in sync")
                try await undoAfterRestart(lab, console)
                try await allowForAWhile(lab, console)
                try await keepForGood(lab, console)
                try await console.press("q")
                #expect(try await console.exitStatus() == 0)
            }
            try await carryAway(lab)
            try await resizeStorm(lab)
        }
    }

    // MARK: - Many at once

    private static let hosts = ["cdn": "cdn.wikipedia.org", "mail": "mail.wikipedia.org", "shop": "shop.wikipedia.org"]

    /// Three entries are switched off for an hour by one dialog, and one of them is changed by kubectl meanwhile: each has
    /// a result of its own.
    private func switchMany(_ lab: TestLab, _ console: TmuxDriver) async throws {
        for (name, host) in Self.hosts { try await apply(name, host, lab) }
        try await console.press("2")
        for name in Self.hosts.keys { try await console.expect(name) }
        try await console.press("Space", "Space", "Space", "t")
        try await console.expect("Switch off 3 service entries")
        try await console.press("f")
        try await console.expect("For how long:")
        try await console.type("1h")
        try await console.press("Enter")
        try await console.expect("Switch off 3 service entries for 1h")
        try await console.expect("What it would do")
        try await lab.kubectl("annotate", "serviceentry", "mail", "owner=somebody")
        try await console.expect("mail: changed meanwhile")
        // One key is not enough for many entries: their number is typed.
        try await console.press("y", "3")
        try await console.expect("the marked button") { $0.contains("[Apply]") }
        try await console.press("Enter")
        try await console.expect("a result for each") { screen in
            screen.contains("1 failed") && screen.line(containing: "default/mail", "changed meanwhile") != nil
                && ["cdn", "shop"].allSatisfy { screen.line(containing: "default/\($0)", "● done") != nil }
        }
        for name in Self.hosts.keys {
            let meta = try await metadata(name, lab)
            #expect((meta["labels"]?["istio.io/rev"] == "meshtop-disabled") == (name != "mail"))
            #expect((meta["annotations"]?["meshtop.dev/on-expiry"] == "switch-on") == (name != "mail"))
        }
        // The marks are there still, for the one that is left.
        try await console.press("Escape")
        try await console.expect("two that are off") { $0.lines.count { $0.text.contains("○ off") } == 2 }
        try await console.press("t")
        try await console.expect("Switch off mail")
        try await console.press("y")
        try await console.expect("all off") { $0.lines.count { $0.text.contains("○ off") } == 3 }
        #expect(try await metadata("mail", lab)["annotations"]?["owner"] == "somebody")
    }

    func apply(_ name: String, _ host: String, _ lab: TestLab) async throws {
        let manifest = """
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: \(name)}
            spec: {hosts: [\(host)], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}
            """
        try await lab.kubectl("apply", "-f", "-", input: manifest)
    }

    private func metadata(_ name: String, _ lab: TestLab) async throws -> JSONValue {
        let printed = try await lab.kubectl("get", "serviceentry", name, "-o", "json")
        return try #require(JSONValue(parsing: printed)["metadata"])
    }

    // MARK: - Taking back

    /// Another console, and a command, take back what the first one did.
    private func undoAfterRestart(_ lab: TestLab, _ console: TmuxDriver) async throws {
        try await console.press("2")
        try await console.expect("all off") { $0.lines.count { $0.text.contains("○ off") } == 3 }
        try await console.press("u")
        try await console.expect("Undo switch off mail")
        try await console.press("y")
        try await console.expect("Done: undo switch off mail")
        #expect(try await metadata("mail", lab)["labels"]?["istio.io/rev"] == nil)
        // What was made together is taken back together, here without a screen.
        let difference = try await lab.meshtop("undo", "--dry-run")
        #expect(difference.contains("- ") && difference.contains("meshtop-disabled"))
        let printed = try await lab.meshtop("undo")
        #expect(["cdn", "shop"].allSatisfy { printed.contains("undo switch off \($0) for 1h: done") })
        for name in Self.hosts.keys {
            #expect(try await metadata(name, lab)["labels"] == nil)
            #expect(try await metadata(name, lab)["annotations"]?["meshtop.dev/expires"] == nil)
        }
        try await console.expect("all on") { $0.lines.count { $0.text.contains("● on") } == 3 }
        let history = try await lab.meshtop("history")
        #expect(history.components(separatedBy: "undo switch off").count - 1 == 3)
        for name in Self.hosts.keys { try await lab.meshtop("delete", name, "--yes") }
    }

    // MARK: - For a while

    /// From the blocked row, for five seconds: let out, and then blocked again with nobody doing anything.
    private func allowForAWhile(_ lab: TestLab, _ console: TmuxDriver) async throws {
        try await console.press("4", "/")
        try await console.type("www.google.com:80")
        try await console.press("Enter")
        var wasLetOut = false
        // On a machine that is very busy five seconds may be over before the proxies know: then once more.
        for _ in 1...5 where !wasLetOut {
            try await console.expect("the blocked row") {
                $0.line(containing: "→ www.google.com:80") != nil && !$0.contains("allowed")
            }
            try await console.press("a")
            try await console.expect("Allow www.google.com:80")
            try await console.press("f")
            try await console.type("5 seconds")
            try await console.expect("takes 90s, 30m, 1h30m or good")
            try await console.press("C-u")
            try await console.type("5s")
            try await console.expect("until ")
            try await console.press("Enter")
            try await console.expect("Allow www.google.com:80 for 5s")
            try await console.press("y")
            try await console.expect("Done: allow www.google.com:80 for 5s")
            while try await !lab.rows("entries").isEmpty, !wasLetOut {
                wasLetOut = try await lab.exec("sleep", "curl", "-sf", "http://www.google.com/").status == 0
            }
            try await eventually("the entry is gone") { try await lab.rows("entries").isEmpty }
        }
        #expect(wasLetOut)
        try await eventually("the call is blocked again") {
            try await lab.exec("sleep", "curl", "-sf", "http://www.google.com/").status != 0
        }
        try await console.expect("a row that is blocked") {
            $0.line(containing: "no entry") != nil && !$0.contains("allowed") && !$0.contains("flows")
        }
        try await console.press("Escape")
        try await console.expect("203.0.113.10:3306")
    }

    /// What is allowed for a while by a command is kept by a key.
    private func keepForGood(_ lab: TestLab, _ console: TmuxDriver) async throws {
        try await lab.meshtop("allow", "mysql.example.com:3306", "--from", "ratings-v2-mysql", "--for", "30m")
        try await console.press("2")
        try await console.expect("the time that is left") { $0.line(containing: "● on 29m", "mysql") != nil }
        try await console.press("f")
        try await console.expect("Keep mysql-example-com for good")
        try await console.expect("would be deleted at")
        try await console.press("y")
        try await console.expect("Done: keep mysql-example-com for good")
        try await console.expect("no end") {
            $0.line(containing: "● on", "mysql") != nil && $0.line(containing: "● on 29m") == nil
        }
        #expect(try await metadata("mysql-example-com", lab)["annotations"]?["meshtop.dev/expires"] == nil)
        try await lab.meshtop("delete", "mysql-example-com", "--yes")
    }

    // MARK: - Looking back

    /// What a console saw is carried to a machine that has no mesh, and stepped through there.
    private func carryAway(_ lab: TestLab) async throws {
        let file = lab.stateHome.appending(path: "incident.meshtop").path
        #expect(try await lab.meshtop("record", file).contains("meshtop replay"))
        let elsewhere = try TestLab()
        let printed = try await elsewhere.meshtop("replay", file, "blocked")
        #expect(printed.contains("www.google.com:80"))
        try await TmuxDriver.run(
            [lab.meshtop, "replay", file], columns: 80, rows: 24, environment: elsewhere.environment
        ) { console in
            try await console.press("4")
            let end = try await console.expect("the incident, said to be a recording") {
                $0.lines[0].text.contains(" REPLAY ") && $0.line(containing: "203.0.113.10:3306") != nil
            }
            #expect(end.lines[0].style(of: "REPLAY")?.reverse == true)
            try await console.press("]")
            try await console.expect("the recording ends here")
            try await console.press("a")
            try await console.expect("this is a recording")
            try await console.type(":ctx production")
            try await console.press("Enter")
            try await console.expect("a recording holds no other mesh")
            // Back to when the call was let out for five seconds.
            try await step("[", console, until: Self.showsEntryOfGoogle)
            let earlier = try await console.screen()
            #expect(earlier.lines[0].text.contains("−") && earlier.lines[0].text.contains(" REPLAY "))
            try await step("]", console) { !Self.showsEntryOfGoogle($0) }
            try await console.press("q")
            #expect(try await console.exitStatus() == 0)
        }
        try elsewhere.remove()
    }

    /// Whether the pane of entries, on the left, has the one that was there for five seconds.
    private static func showsEntryOfGoogle(_ screen: Screen) -> Bool {
        screen.lines.contains { $0.text.hasPrefix("│● on") && $0.text.prefix(37).contains("www") }
    }

    /// Presses a key until the screen shows what is looked for. A press may lead to a moment that looks alike: then the
    /// next one is due all the same.
    private func step(_ key: String, _ console: TmuxDriver, until holds: (Screen) -> Bool) async throws {
        var seen: [String] = []
        for _ in 1...60 {
            let before = try await console.screen()
            if holds(before) { return }
            seen.append(before.lines[0].text)
            try await console.press(key)
            _ = try? await console.expect("another screen", within: .seconds(2)) { $0.text != before.text }
        }
        throw CommandFailure(
            description: "not found by \(key) among\n\(seen.joined(separator: "\n"))\n\(try await console.screen())")
    }
}
