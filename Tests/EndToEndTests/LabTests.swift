import Foundation
import MeshState
import Testing

/// The lab as a user handles it.
@Suite(.serialized) struct LabTests {
    @Test(.timeLimit(.minutes(4))) func twoLabsRunSideBySide() async throws {
        try await TestLab.run { first in
            try await TestLab.run { second in
                let pages = [try await first.productPage(), try await second.productPage()]
                #expect(pages.allSatisfy { $0.contains("The Comedy of Errors") })
                #expect(try await first.status()["server"] != second.status()["server"])
                try await first.kubectl("apply", "-f", projectFolder.appending(path: "examples/egress-tcp").path)
                try await eventually("the first has the entry") { try await first.queryRatings().status == 0 }
                #expect(try await second.queryRatings().status != 0)
            }
            #expect(try await first.queryRatings().status == 0)
        }
    }

    @Test(.timeLimit(.minutes(2))) func commandsWithoutALabSayWhatToDo() async throws {
        let lab = try TestLab()
        let exec = try await lab.exec("sleep", "true")
        #expect(exec.status == 1 && exec.errors.contains("meshtop lab up"))
        let status = try await lab.tryMeshtop("lab", "status")
        #expect(status.status == 1 && status.errors.contains("meshtop lab up"))
        #expect(try await lab.meshtop("lab", "down").contains("was not running"))
        let list = try await run(
            lab.meshtop, ["blocked"], environment: lab.environment.merging(["HOME": lab.stateHome.path]) { $1 })
        #expect(list.status == 1 && list.errors.contains("--kubeconfig"))
        try lab.remove()
    }

    @Test(.timeLimit(.minutes(2))) func outputToAPipeHasNoEscapeCodes() async throws {
        try await TestLab.run { lab in
            for list in ["services", "entries", "connections", "blocked"] {
                for format in ["table", "wide", "json", "yaml"] {
                    let printed = try await lab.meshtop(list, "-o", format)
                    #expect(!printed.contains("\u{1B}"), "\(list) -o \(format)")
                }
            }
            let all = try await run(lab.meshtop, [], environment: lab.environment)
            #expect(all.status == 1 && all.errors.contains("--once"))
            let once = try await lab.meshtop("--once")
            #expect(once.contains("1 Services") && once.contains("productpage") && !once.contains("\u{1B}"))
            let unknown = try await lab.exec("no-such-workload", "true")
            #expect(unknown.status == 1 && unknown.errors.contains("ratings-v2-mysql"))
        }
    }
}
