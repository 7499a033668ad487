/// An object of the API that decides where calls go.
public enum MeshObject: Sendable, Hashable {
    case serviceEntry(ServiceEntry)
    case service(Service)
    case endpoints(Endpoints)
    case pod(Pod)
    case virtualService(VirtualService)
    case destinationRule(DestinationRule)
    case gateway(Gateway)
    case sidecar(Sidecar)
    case workloadEntry(WorkloadEntry)
    case secret(TLSSecret)

    /// Reads an object by its `kind`; nil for one of another kind. Throws when it cannot be read.
    public init?(object: JSONValue) throws(DecodeError) {
        switch object["kind"]?.stringValue {
        case ServiceEntry.kind: self = .serviceEntry(try ServiceEntry(object: object))
        case "Service": self = .service(try Service(object: object))
        case "Endpoints": self = .endpoints(try Endpoints(object: object))
        case "Pod": self = .pod(try Pod(object: object))
        case VirtualService.kind: self = .virtualService(try VirtualService(object: object))
        case DestinationRule.kind: self = .destinationRule(try DestinationRule(object: object))
        case Gateway.kind where Gateway.isIstio(object): self = .gateway(try Gateway(object: object))
        case Sidecar.kind: self = .sidecar(try Sidecar(object: object))
        case WorkloadEntry.kind: self = .workloadEntry(try WorkloadEntry(object: object))
        case TLSSecret.kind: self = .secret(try TLSSecret(object: object))
        default: return nil
        }
    }

    public var key: ObjectKey {
        switch self {
        case .serviceEntry(let object): object.id
        case .service(let object): object.id
        case .endpoints(let object): object.id
        case .pod(let object): object.id
        case .virtualService(let object): object.id
        case .destinationRule(let object): object.id
        case .gateway(let object): object.id
        case .sidecar(let object): object.id
        case .workloadEntry(let object): object.id
        case .secret(let object): object.id
        }
    }
}

/// A change of one object.
public enum MeshChange: Sendable, Hashable {
    /// New, or in the place of the one with the same key.
    case put(MeshObject)
    case remove(ObjectKey)

    public var key: ObjectKey {
        switch self {
        case .put(let object): object.key
        case .remove(let key): key
        }
    }
}

extension MeshConfiguration {
    /// Follows a change of one object.
    public mutating func apply(_ change: MeshChange) {
        let key = change.key
        guard case .put(let object) = change else { return remove(key) }
        switch object {
        case .serviceEntry(let object): Self.put(object, into: &entries)
        case .service(let object): Self.put(object, into: &services)
        case .endpoints(let object): Self.put(object, into: &endpoints)
        case .pod(let object): Self.put(object, into: &pods)
        case .virtualService(let object): Self.put(object, into: &virtualServices)
        case .destinationRule(let object): Self.put(object, into: &destinationRules)
        case .gateway(let object): Self.put(object, into: &gateways)
        case .sidecar(let object): Self.put(object, into: &sidecars)
        case .workloadEntry(let object): Self.put(object, into: &workloadEntries)
        case .secret(let object): Self.put(object, into: &secrets)
        }
    }

    private mutating func remove(_ key: ObjectKey) {
        switch key.kind {
        case ServiceEntry.kind: entries.removeAll { $0.id == key }
        case "Service": services.removeAll { $0.id == key }
        case "Endpoints": endpoints.removeAll { $0.id == key }
        case "Pod": pods.removeAll { $0.id == key }
        case VirtualService.kind: virtualServices.removeAll { $0.id == key }
        case DestinationRule.kind: destinationRules.removeAll { $0.id == key }
        case Gateway.kind: gateways.removeAll { $0.id == key }
        case Sidecar.kind: sidecars.removeAll { $0.id == key }
        case WorkloadEntry.kind: workloadEntries.removeAll { $0.id == key }
        case TLSSecret.kind: secrets.removeAll { $0.id == key }
        default: break
        }
    }

    private static func put<Value: Identifiable>(
        _ value: Value, into values: inout [Value]
    ) where Value.ID == ObjectKey {
        let key = value.id
        if let place = values.firstIndex(where: { $0.id == key }) {
            values[place] = value
        } else {
            values.append(value)
        }
    }
}
