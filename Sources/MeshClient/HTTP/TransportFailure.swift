import AsyncHTTPClient
import Foundation
import MeshState
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

extension RequestFailure {
    /// Puts what went wrong below HTTP in words; nil for the cancellation of our own task.
    ///
    /// - Parameter server: the address that was asked, such as `https://127.0.0.1:6443`.
    init?(transport error: any Error, server: String) {
        switch error {
        case is CancellationError: return nil
        case let failure as RequestFailure: self = failure
        case is DeadlineExceeded: self.init(.unreachable, "\(server) did not answer in time")
        case let failure as HTTPClientError:
            if failure == .cancelled { return nil }
            self.init(.unreachable, Self.words(for: failure, server: server))
        case let failure as NIOConnectionError:
            self.init(.unreachable, Self.words(for: failure, server: server))
        case let failure as IOError:
            self.init(.unreachable, Self.words(errno: failure.errnoCode, server: server))
        case is ChannelError: self.init(.unreachable, "the connection to \(server) was cut")
        case HTTPParserError.invalidEOFState: self.init(.unreachable, "\(server) cut the connection")
        case let failure as HTTPParserError:
            self.init(.malformed, "\(server) sent what is not HTTP: \(failure)".madeSafe)
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            self.init(.unreachable, Self.tlsWords(for: error, server: server))
        case let failure as JSONSyntaxError:
            self.init(.malformed, "\(server) sent what is \(failure)".madeSafe)
        case let failure as DecodeError: self.init(.malformed, failure.description.madeSafe)
        default:
            self.init(.unreachable, "the request to \(server) failed: \(error)".madeSafe)
        }
    }

    private static func words(for error: HTTPClientError, server: String) -> String {
        switch error {
        case .connectTimeout: "\(server) did not answer the connection in time"
        case .deadlineExceeded, .readTimeout, .writeTimeout, .getConnectionFromPoolTimeout:
            "\(server) did not answer in time"
        case .tlsHandshakeTimeout: "\(server) did not finish the TLS handshake in time; does it speak TLS?"
        case .remoteConnectionClosed, .uncleanShutdown: "\(server) cut the connection"
        default: "the request to \(server) failed: \(error.shortDescription)"
        }
    }

    private static func words(for error: NIOConnectionError, server: String) -> String {
        if error.connectionErrors.isEmpty {
            return "\(server): no address is known for the name \(error.host); check the server's name"
        }
        for attempt in error.connectionErrors {
            switch attempt.error {
            case let failure as IOError: return words(errno: failure.errnoCode, server: server)
            case let failure as ChannelError:
                if case .connectTimeout = failure { return "\(server) did not answer the connection in time" }
            default: continue
            }
        }
        return "\(server) cannot be reached"
    }

    private static func words(errno code: CInt, server: String) -> String {
        switch code {
        case ECONNREFUSED: "\(server) refused the connection"
        case EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL: "there is no route to \(server)"
        case ETIMEDOUT: "\(server) did not answer the connection in time"
        case ECONNRESET, EPIPE: "\(server) cut the connection"
        case ENOENT: "\(server): no such socket"
        default: "\(server) cannot be reached: \(String(cString: strerror(code)))"
        }
    }

    private static func tlsWords(for error: any Error, server: String) -> String {
        let text = "\(error)"
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            return "\(server) does not speak TLS; is it http:// rather than https://?"
        }
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return "\(server) has a certificate that our certificate authority did not sign, or that has expired; "
                + "check certificate-authority of the kubeconfig's cluster"
        }
        if error as? NIOSSLExtraError == .failedToValidateHostname {
            return "\(server) has a certificate for another name; set tls-server-name in the kubeconfig's cluster"
        }
        if case .some(.uncleanShutdown) = error as? NIOSSLError { return "\(server) cut the connection" }
        return "TLS with \(server) failed: \(text)".madeSafe
    }
}
