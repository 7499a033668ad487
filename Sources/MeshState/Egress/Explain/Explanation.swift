/// Where a call goes and why, hop by hop.
package struct Explanation: Sendable, Hashable {
    package enum Verdict: String, Sendable, Hashable {
        /// It goes where the mesh's objects say.
        case allowed
        case blocked
        /// Nothing knows its destination, and the policy lets it through.
        case passthrough
    }

    /// What the client gets where it gets no answer from the destination.
    package enum Status: Sendable, Hashable {
        case code(Int)
        case words(String)

        package static let reset = Status.words("connection reset")
        package static let closed = Status.words("connection closed")
    }

    /// How a hop's connection to the next one is secured.
    package struct HopTLS: Sendable, Hashable {
        package enum Mode: String, Sendable, Hashable {
            case plain
            /// The client's own TLS goes through untouched.
            case passthrough
            case simple = "SIMPLE"
            case mutual = "MUTUAL"
            case istioMutual = "ISTIO_MUTUAL"
        }

        package var mode: Mode
        package var serverName: String?
        /// The SPIFFE name that the client side shows.
        package var identity: String?
        /// The names of which the server side has to show one.
        package var peers: [String] = []
    }

    /// A part of the calls, where they are divided.
    package struct Share: Sendable, Hashable {
        package var cluster: String
        /// Of all calls that come here, 0 to 100.
        package var percent: Double
    }

    /// One proxy on the way, or its end.
    package struct Hop: Sendable, Hashable {
        package enum Kind: String, Sendable, Hashable { case sidecar, gateway, inbound, endpoint }

        package var kind: Kind
        /// `WORKLOAD.NAMESPACE` of a proxy or workload of the mesh, else an address.
        package var name: String
        package var listener: String?
        /// Envoy's name of the filter chain, or what it matches; nil for the one chain that takes all.
        package var chain: String?
        package var virtualHost: String?
        package var route: String?
        package var cluster: String?
        /// Every cluster that may be chosen, where there are several.
        package var shares: [Share] = []
        package var tls: HopTLS?
        /// Where the cluster may connect to.
        package var endpoints: [String] = []
        /// What is worth knowing of this hop, a sentence each.
        package var notes: [String] = []

        init(_ kind: Kind, _ name: String) {
            self.kind = kind
            self.name = name
        }
    }

    /// What would let a blocked call out.
    package enum Remedy: Sendable, Hashable {
        /// A new ServiceEntry.
        case allow(host: String, port: Int, workload: String)
        /// A ServiceEntry that is switched off.
        case switchOn(ObjectKey)
        case words(String)
    }

    /// The call, with what it left open filled in.
    package var call: EgressCall
    package var verdict: Verdict
    /// Nil where the client gets what the destination answers.
    package var status: Status?
    /// The verdict's reason, a sentence without a full stop.
    package var reason: String
    package var hops: [Hop]
    /// The objects and fields that decided it, in the order in which they did.
    package var because: [Because]
    /// What was taken as given about the call.
    package var assumptions: [String]
    package var remedy: Remedy?

    /// Of the caller's own proxy.
    package var listener: String? { hops.first?.listener }
    package var chain: String? { hops.first?.chain }
    package var route: String? { hops.first?.route }
    package var cluster: String? { hops.first?.cluster }
}

// MARK: - For scripts

extension Explanation {
    /// The explanation as JSON; what does not apply is null, and a status is a number where it is one of HTTP.
    package var json: JSONValue {
        [
            "verdict": .string(verdict.rawValue), "listener": .init(listener), "chain": .init(chain),
            "route": .init(route), "cluster": .init(cluster), "status": status?.json ?? .null,
            "hops": .array(hops.map(\.json)),
            "because": .array(
                because.map {
                    [
                        "kind": .string($0.object.kind), "namespace": .string($0.object.namespace),
                        "name": .string($0.object.name), "field": .string($0.field),
                    ]
                }),
        ]
    }
}

extension Explanation.Status {
    fileprivate var json: JSONValue {
        switch self {
        case .code(let code): .integer(Int64(code))
        case .words(let words): .string(words)
        }
    }
}

extension Explanation.Hop {
    fileprivate var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "name": .string(name), "listener": .init(listener), "chain": .init(chain),
            "virtualHost": .init(virtualHost), "route": .init(route), "cluster": .init(cluster),
            "endpoints": .init(endpoints), "notes": .init(notes),
            "shares": .array(shares.map { ["cluster": .string($0.cluster), "percent": .number($0.percent)] }),
            "tls": tls?.json ?? .null,
        ]
    }
}

extension Explanation.HopTLS {
    fileprivate var json: JSONValue {
        [
            "mode": .string(mode.rawValue), "sni": .init(serverName), "identity": .init(identity),
            "peers": .init(peers),
        ]
    }
}

extension JSONValue {
    fileprivate init(_ text: String?) { self = text.map(JSONValue.string) ?? .null }
}
