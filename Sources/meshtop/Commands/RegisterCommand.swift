import ArgumentParser
import Foundation
import MeshClient
import MeshState
import MeshTUI

struct RegisterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register", abstract: "Make a workload outside the cluster, such as a VM, known as a service.",
        discussion: """
            It does what `istioctl register` did up to release 1.8: it makes a Service without a selector, and Endpoints \
            with the address. Repeat it for further addresses.
            """)
    @Argument(help: ArgumentHelp("The service's name.", valueName: "NAME"))
    var name: String
    @Argument(help: ArgumentHelp("The workload's address.", valueName: "IP"))
    var address: String
    @Argument(help: ArgumentHelp("Its ports, as 3306 or mysql:3306.", valueName: "[NAME:]PORT"))
    var ports: [String]
    @Option(name: [.short, .long], help: ArgumentHelp("Labels of the service.", valueName: "KEY=VALUE,…"))
    var labels = ""
    @Option(name: [.short, .long], help: ArgumentHelp("Annotations of the service.", valueName: "KEY=VALUE,…"))
    var annotations = ""
    @Option(name: [.customShort("s"), .customLong("serviceaccount")], help: "The workload's service account.")
    var serviceAccount = "default"
    @Flag(help: "Print the objects that would be made, and change nothing.")
    var dryRun = false
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        _ = try registration()
    }

    func run() async throws {
        let registration = try registration()
        if dryRun {
            var endpoints = registration.endpoints
            _ = registration.add(to: &endpoints)
            print([registration.service, endpoints].map(\.yamlText).joined(separator: "---\n"), terminator: "")
            return
        }
        registration.announcement.forEach(log)
        let session = try connection.session(origin: "meshtop register")
        try Configuration.requireUnlocked(context: session.identity.context)
        do {
            try await Registrar(session: session, namespace: registration.namespace, name: name).register(registration)
        } catch {
            await session.stop()
            throw error
        }
        await session.stop()
    }

    private func registration() throws -> Registration {
        guard IPAddress(address) != nil else { throw ValidationError("\(address) is no IP address") }
        let read = try ports.map { text in
            guard let port = Registration.Port(text) else {
                throw ValidationError("\(text) is no port: write it like 3306 or mysql:3306")
            }
            return port
        }
        guard Set(read.map(\.name)).count == read.count else {
            throw ValidationError("two ports have the same name; name them, as in web:80 admin:8080")
        }
        return Registration(
            namespace: connection.namespace ?? "default", name: name, address: address, ports: read,
            labels: try Self.pairs(labels), annotations: try Self.pairs(annotations), serviceAccount: serviceAccount)
    }

    private static func pairs(_ text: String) throws -> [String: String] {
        var result: [String: String] = [:]
        for pair in text.split(separator: ",") {
            guard let sign = pair.firstIndex(of: "="), sign != pair.startIndex else {
                throw ValidationError("\(pair) is not KEY=VALUE")
            }
            result[String(pair[..<sign])] = String(pair[pair.index(after: sign)...])
        }
        return result
    }
}

struct DeregisterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deregister", abstract: "Take an address back that was registered for a service.",
        discussion: "The service stays, without the address, as `istioctl deregister` left it.")
    @Argument(
        help: ArgumentHelp("The service's name.", valueName: "NAME"),
        completion: .custom { words, _, _ in await Completion.names(of: Listing(.services), words) })
    var name: String
    @Argument(help: ArgumentHelp("The workload's address.", valueName: "IP"))
    var address: String
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let session = try connection.session(origin: "meshtop deregister")
        try Configuration.requireUnlocked(context: session.identity.context)
        do {
            try await Registrar(session: session, namespace: connection.namespace ?? "default", name: name)
                .deregister(address)
        } catch {
            await session.stop()
            throw error
        }
        await session.stop()
    }
}

/// Writes what is registered; another writer's change in between is no reason to fail.
private struct Registrar {
    let session: MeshSession
    let namespace: String
    let name: String

    func register(_ registration: Registration) async throws {
        try await orCreate("Service", registration.service) {
            "Got 'services \"\(name)\" not found' looking up svc '\(name)' in namespace '\(namespace)', "
                + "attempting to create it"
        }
        try await orCreate("Endpoints", registration.endpoints) {
            "Got 'endpoints \"\(name)\" not found' looking up endpoints for '\(name)' in namespace '\(namespace)', "
                + "attempting to create them"
        }
        let written = try await change("register \(registration.address) for \(name)") { endpoints in
            switch registration.add(to: &endpoints) {
            case .joined: "Found existing exact matching ports list, added \(registration.address)"
            case .newSubset:
                "No pre existing exact matching ports list found, created new subset \(registration.subsetText)"
            case .present: nil
            }
        }
        log("Successfully updated \(name), now with \(Registration.count(written)) endpoints")
    }

    func deregister(_ address: String) async throws {
        var wasThere = false
        let written = try await change("deregister \(address) from \(name)") { endpoints in
            wasThere = Registration.remove(address, from: &endpoints)
            return wasThere ? "Removed \(address)" : nil
        }
        guard wasThere else { throw Failure("\(address) is not among the endpoints of \(namespace)/\(name)") }
        log("Endpoint updated successfully: \(name), now with \(Registration.count(written)) endpoints")
    }

    private func orCreate(_ kind: String, _ object: JSONValue, message: () -> String) async throws {
        let target = ObjectKey(kind: kind, namespace: namespace, name: name)
        guard try await session.liveObject(target) == nil else { return }
        log(message())
        let request = ChangeRequest(id: 0, target: target, action: .create(object), summary: "register \(name)")
        switch await session.perform(request) {
        // Somebody else was faster, which is as good.
        case .done, .failed(_, isConflict: true): break
        case .failed(let message, _): throw Failure(message)
        }
    }

    /// Changes the Endpoints; where somebody else did so meanwhile, it is tried again on what they are now.
    private func change(
        _ summary: String, _ edit: (inout JSONValue) -> String?
    ) async throws -> JSONValue {
        let target = ObjectKey(kind: "Endpoints", namespace: namespace, name: name)
        var triesLeft = 5
        while true {
            guard var endpoints = try await session.liveObject(target) else {
                throw Failure("there are no endpoints \(name) in namespace \(namespace); look with `meshtop services`")
            }
            guard let message = edit(&endpoints) else { return endpoints }
            let request = ChangeRequest(id: 0, target: target, action: .replace(endpoints), summary: summary)
            switch await session.perform(request) {
            case .done(let object, _):
                log(message)
                return object
            case .failed(_, isConflict: true) where triesLeft > 0: triesLeft -= 1
            case .failed(let message, _): throw Failure(message)
            }
        }
    }
}

/// A line of progress in the form of istioctl's logger.
private func log(_ message: String) {
    let time = Date().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
    FileHandle.standardError.write(Data("\(time)Z\tinfo\t\(message)\n".utf8))
}
