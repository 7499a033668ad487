/// A port's protocol as Istio reads it from a ServiceEntry or from a Service's port name (istio `pkg/config/protocol`).
public enum PortProtocol: String, Sendable, Hashable, CaseIterable {
    case tcp = "TCP"
    case udp = "UDP"
    case grpc = "GRPC"
    case grpcWeb = "GRPC-Web"
    case http = "HTTP"
    case httpProxy = "HTTP_PROXY"
    case http2 = "HTTP2"
    case https = "HTTPS"
    case tls = "TLS"
    case mongo = "Mongo"
    case redis = "Redis"
    case mysql = "MySQL"
    /// No protocol was named: the proxy sniffs it.
    case unset = ""
    /// A name that Istio does not know.
    case unsupported = "UnsupportedProtocol"

    /// Reads a protocol as Istio does: without regard to case.
    public init(parsing text: String) {
        let wanted = text.lowercased()
        self = Self.allCases.first { $0 != .unsupported && $0.rawValue.lowercased() == wanted } ?? .unsupported
    }

    public var isHTTP: Bool { [.http, .http2, .httpProxy, .grpc, .grpcWeb].contains(self) }
    public var isHTTP2: Bool { [.http2, .grpc, .grpcWeb].contains(self) }
    public var isTCP: Bool { [.tcp, .https, .tls, .mongo, .redis, .mysql].contains(self) }
    public var isTLS: Bool { [.https, .tls].contains(self) }
}
