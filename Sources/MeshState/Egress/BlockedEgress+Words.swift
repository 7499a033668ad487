extension BlockedEgress.Reason {
    /// The reason as a sentence's end: `blocked: no service entry knows it`.
    public var words: String {
        switch self {
        case .noEntry: "no service entry knows it"
        case .entryOff(let key): "service entry \(key.namespace)/\(key.name) is switched off"
        case .otherPort(let key) where key.kind == ServiceEntry.kind:
            "service entry \(key.namespace)/\(key.name) does not have this port with this protocol"
        case .otherPort(let key): "\(key.kind.lowercased()) \(key.namespace)/\(key.name) does not have this port"
        case .noGatewayRoute: "the egress gateway has no route for it"
        }
    }
}
