import ArgumentParser
import Foundation
import MeshLab

/// What runs in a pod of the lab; the lab starts it.
struct WorkloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab-workload", abstract: "A workload of the lab.", shouldDisplay: false)
    @Argument var name: String
    @Argument var address: String
    @Argument var port: Int

    func run() async throws {
        try await WorkloadService.run(name: name, address: address, port: port,
            environment: ProcessInfo.processInfo.environment)
    }
}
