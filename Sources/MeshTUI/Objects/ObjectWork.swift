public import MeshState

/// What is to be done to objects that have to be read first, as a line of the console or a command asks for it.
public enum ObjectWork: Sendable, Hashable {
    /// Makes objects what these files, and the files in these folders, say.
    case apply(files: [String])
    /// Deletes the objects that files are about.
    case deleteFiles([String])
    case delete([ObjectKey])
    /// Sets labels, or with nil takes them away.
    case label(ObjectKey, [String: String?])
    /// Deletes the pods of a workload, so that what owns them makes others in their place.
    case restart(namespace: String, workload: String)
    /// Makes a workload outside the cluster known as a service.
    case register(Registration)
    /// Takes its address back from the service.
    case deregister(namespace: String, name: String, address: String)
    /// Sends calls to an entry's hosts through an egress gateway.
    case route(EgressRoute)

    /// Where manifests are read from.
    public var files: [String] {
        switch self {
        case .apply(let files), .deleteFiles(let files): files
        case .delete, .label, .restart, .register, .deregister, .route: []
        }
    }

    /// The objects that are read, besides those of the files.
    public var keys: [ObjectKey] {
        switch self {
        case .apply, .deleteFiles, .restart: []
        case .delete(let keys): keys
        case .label(let key, _): [key]
        case .register(let registration): Self.serviceKeys(registration.namespace, registration.name)
        case .deregister(let namespace, let name, _): Self.serviceKeys(namespace, name)
        case .route(let route): route.manifests.map(ManifestChange.key)
        }
    }

    private static func serviceKeys(_ namespace: String, _ name: String) -> [ObjectKey] {
        ["Service", "Endpoints"].map { ObjectKey(kind: $0, namespace: namespace, name: name) }
    }
}

extension ObjectWork {
    /// Reads `KEY=VALUE` and `KEY-`, as kubectl takes labels.
    public static func labels(_ words: some Sequence<String>) throws(ChangeRefusal) -> [String: String?] {
        var labels: [String: String?] = [:]
        for word in words {
            if let sign = word.firstIndex(of: "="), sign != word.startIndex {
                labels[String(word[..<sign])] = .some(String(word[word.index(after: sign)...]))
            } else if word.hasSuffix("-"), word.count > 1 {
                labels.updateValue(nil, forKey: String(word.dropLast()))
            } else {
                throw ChangeRefusal("\(word) is neither KEY=VALUE nor KEY-")
            }
        }
        return labels
    }
}

/// An object as a file has it, and as the API has it.
public struct GatheredObject: Sendable, Hashable {
    public var key: ObjectKey
    /// What a file says of it; nil where none is asked.
    public var manifest: JSONValue?
    public var file: String?
    public var reading: ObjectReading

    public init(key: ObjectKey, manifest: JSONValue? = nil, file: String? = nil, reading: ObjectReading) {
        self.key = key
        self.manifest = manifest
        self.file = file
        self.reading = reading
    }
}

/// What was read for a work.
public enum Gathering: Sendable, Hashable {
    /// In the order of the files.
    case objects([GatheredObject])
    /// Why files could not be read.
    case failed(String)
}

/// The changes that a work comes to.
public struct ObjectPlan: Sendable, Hashable {
    /// In the order in which they are to be made, numbered from 1.
    public private(set) var requests: [ChangeRequest] = []
    /// Objects for which nothing is to be done.
    public private(set) var unchanged: [ObjectKey] = []
    /// What the rules remark, a line each.
    public private(set) var warnings: [String] = []
    /// The objects as they were read.
    public private(set) var bases: [ObjectKey: JSONValue] = [:]

    /// - Throws: `ChangeRefusal` with all reasons, a line each, why nothing is done.
    public init(
        _ work: ObjectWork, _ objects: [GatheredObject], version: IstioVersion = .current
    ) throws(ChangeRefusal) {
        var errors: [String] = []
        for object in objects {
            if case .failed(let reason) = object.reading { errors.append("\(object.key): \(reason)") }
            bases[object.key] = object.reading.object
        }
        switch work {
        case .apply: apply(objects, version, &errors)
        case .route(let route):
            let readings = Dictionary(objects.map { ($0.key, $0.reading) }) { first, _ in first }
            apply(
                route.manifests.map { manifest in
                    let key = ManifestChange.key(of: manifest)
                    return GatheredObject(key: key, manifest: manifest, reading: readings[key] ?? .absent)
                }, version, &errors)
        case .deleteFiles: delete(objects.reversed(), &errors, isFile: true)
        case .delete: delete(objects, &errors)
        case .restart(let namespace, let workload):
            if objects.isEmpty, errors.isEmpty { errors.append("there is no pod of \(workload) in \(namespace)") }
            delete(objects, &errors)
        case .label(let key, let labels):
            for object in objects {
                guard case .object(let live) = object.reading else {
                    if object.reading == .absent { errors.append("\(key): there is none") }
                    continue
                }
                note(ManifestChange.request(labelling: live, key, labels, id: requests.count + 1), of: key)
            }
        case .register(let registration): register(registration)
        case .deregister(_, let name, let address): deregister(name, address, objects, &errors)
        }
        guard errors.isEmpty else { throw ChangeRefusal(errors.map(\.madeSafe).joined(separator: "\n")) }
    }

    private mutating func note(_ request: ChangeRequest?, of key: ObjectKey) {
        if let request { requests.append(request) } else { unchanged.append(key) }
    }

    private mutating func apply(_ objects: [GatheredObject], _ version: IstioVersion, _ errors: inout [String]) {
        var keys: Set<ObjectKey> = []
        for object in objects {
            guard let manifest = object.manifest else { continue }
            let name = object.file.map { "\($0): \(object.key)" } ?? "\(object.key)"
            for problem in ManifestChange.problems(in: manifest, version: version) {
                let text = "\(name): \(problem.path): \(problem.message)"
                if problem.severity == .error { errors.append(text) } else { warnings.append(text.madeSafe) }
            }
            if !keys.insert(object.key).inserted { errors.append("\(name): stands here twice") }
            note(
                ManifestChange.request(applying: manifest, to: object.reading.object, id: requests.count + 1),
                of: object.key)
        }
    }

    private mutating func delete(
        _ objects: some Sequence<GatheredObject>, _ errors: inout [String], isFile: Bool = false
    ) {
        for object in objects {
            switch object.reading {
            case .object(let live):
                requests.append(ManifestChange.request(deleting: live, object.key, id: requests.count + 1))
            // As of several files some may be applied and others not.
            case .absent where isFile: unchanged.append(object.key)
            case .absent: errors.append("\(object.key): there is none")
            case .failed: break
            }
        }
    }

    private mutating func register(_ registration: Registration) {
        let (service, endpoints) = (registration.service, registration.endpoints)
        let key = ManifestChange.key(of: service)
        if bases[key] == nil {
            requests.append(
                ChangeRequest(id: 1, target: key, action: .create(service), summary: "register \(registration.name)"))
        }
        let target = ManifestChange.key(of: endpoints)
        let summary = "register \(registration.address) for \(registration.name)"
        var object = bases[target] ?? endpoints
        if registration.add(to: &object) == .present {
            unchanged.append(target)
        } else {
            requests.append(
                ChangeRequest(
                    id: requests.count + 1, target: target,
                    action: bases[target] == nil ? .create(object) : .replace(object), summary: summary))
        }
    }

    private mutating func deregister(
        _ name: String, _ address: String, _ objects: [GatheredObject], _ errors: inout [String]
    ) {
        guard let endpoints = objects.first(where: { $0.key.kind == "Endpoints" }),
            var object = endpoints.reading.object, Registration.remove(address, from: &object)
        else {
            if errors.isEmpty { errors.append("\(address) is not among the endpoints of \(name)") }
            return
        }
        requests.append(
            ChangeRequest(
                id: 1, target: endpoints.key, action: .replace(object), summary: "deregister \(address) from \(name)"))
    }
}
