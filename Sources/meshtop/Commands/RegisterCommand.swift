import ArgumentParser
import Foundation
import MeshClient
import MeshState

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
        let (client, _) = try connection.client()
        try Configuration.requireUnlocked(context: client.access.context)
        do {
            try await Registrar(client: client, namespace: registration.namespace, name: name).register(registration)
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
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
    @Argument(help: ArgumentHelp("The service's name.", valueName: "NAME"))
    var name: String
    @Argument(help: ArgumentHelp("The workload's address.", valueName: "IP"))
    var address: String
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let (client, _) = try connection.client()
        try Configuration.requireUnlocked(context: client.access.context)
        do {
            try await Registrar(client: client, namespace: connection.namespace ?? "default", name: name)
                .deregister(address)
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }
}

/// Writes what is registered; another writer's change in between is no reason to fail.
private struct Registrar {
    let client: KubernetesClient
    let namespace: String
    let name: String

    func register(_ registration: Registration) async throws {
        try await orCreate(.services, registration.service) {
            "Got 'services \"\(name)\" not found' looking up svc '\(name)' in namespace '\(namespace)', "
                + "attempting to create it"
        }
        try await orCreate(.endpoints, registration.endpoints) {
            "Got 'endpoints \"\(name)\" not found' looking up endpoints for '\(name)' in namespace '\(namespace)', "
                + "attempting to create them"
        }
        let written = try await change { endpoints in
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
        let written = try await change { endpoints in
            wasThere = Registration.remove(address, from: &endpoints)
            return wasThere ? "Removed \(address)" : nil
        }
        guard wasThere else { throw Failure("\(address) is not among the endpoints of \(namespace)/\(name)") }
        log("Endpoint updated successfully: \(name), now with \(Registration.count(written)) endpoints")
    }

    private func orCreate(_ resource: Resource, _ object: JSONValue, message: () -> String) async throws {
        do {
            _ = try await client.get(resource, namespace: namespace, name: name)
        } catch let failure as RequestFailure where failure.kind == .notFound {
            log(message())
            do {
                _ = try await client.create(object, resource, namespace: namespace)
            } catch let failure as RequestFailure where failure.kind == .conflict {
                // Somebody else was faster, which is as good.
            }
        }
    }

    /// Changes the Endpoints; where somebody else did so meanwhile, it is tried again on what they are now.
    private func change(_ edit: (inout JSONValue) -> String?) async throws -> JSONValue {
        var triesLeft = 5
        while true {
            var endpoints: JSONValue
            do {
                endpoints = try await client.get(.endpoints, namespace: namespace, name: name)
            } catch let failure as RequestFailure where failure.kind == .notFound {
                throw Failure("there are no endpoints \(name) in namespace \(namespace); look with `meshtop services`")
            }
            guard let message = edit(&endpoints) else { return endpoints }
            do {
                let written = try await client.replace(endpoints, .endpoints, namespace: namespace, name: name)
                log(message)
                return written.object
            } catch let failure as RequestFailure where failure.kind == .conflict && triesLeft > 0 {
                triesLeft -= 1
            }
        }
    }
}

/// A line of progress in the form of istioctl's logger.
private func log(_ message: String) {
    let time = Date().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
    FileHandle.standardError.write(Data("\(time)Z\tinfo\t\(message)\n".utf8))
}
