import ArgumentParser
import Foundation
import MeshTUI

struct InfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Print every path that meshtop uses, and whether it is there.")

    func run() {
        let inUse = PathInUse.all()
        let width = inUse.map(\.name.count).max() ?? 0
        print("meshtop \(meshtopVersion)")
        for path in inUse {
            let name = path.name.padding(toLength: width, withPad: " ", startingAt: 0)
            print("\(name)  \(path.isThere ? "there  " : "missing")  \(path.path)")
        }
        do throws(ConfigurationProblem) { _ = try Configuration() } catch { warn(error.description) }
    }
}
