import Foundation
import MeshState
import NIOCore
import Testing

@testable import MeshLab

/// What becomes of those who do not speak the protocol of discovery.
@Suite struct DiscoveryServerTests {
    private static let path = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"

    private static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt8 = 0, _ content: [UInt8]) -> [UInt8] {
        let length = [16, 8, 0].map { UInt8(content.count >> $0 & 0xFF) }
        return length + [type, flags, 0, 0, 0, stream] + content
    }

    /// A connection that begins a call.
    private static func call(_ path: String) -> [UInt8] {
        let headers: [UInt8] = [0x83, 0x86, 0x04, UInt8(path.utf8.count)] + Array(path.utf8) + [0x01, 1, 0x78]
        return Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4, []) + frame(1, flags: 4, stream: 1, headers)
    }

    static let hostile: [(what: String, bytes: [UInt8])] = [
        ("noise", (0..<4000).map { UInt8(truncatingIfNeeded: $0 &* 7919) }),
        ("HTTP/1.1", Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)),
        ("a frame that is too long", call(path) + [0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 1]),
        ("another method", call("/grpc.health.v1.Health/Check")),
        ("a compressed message", call(path) + frame(0, stream: 1, [1, 0, 0, 0, 1, 0])),
        ("a message of 4 GB", call(path) + frame(0, stream: 1, [0, 0xFF, 0xFF, 0xFF, 0xFF, 0])),
        (
            "a message that is none",
            call(path) + frame(0, stream: 1, [0, 0, 0, 0, 6, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
        ),
        ("an end in the middle of a message", call(path) + frame(0, flags: 1, stream: 1, [0, 0, 0, 0, 9, 0x0A])),
    ]

    @Test func hostileClientsDoNoHarm() async throws {
        var mesh = MeshConfiguration()
        try await TestLab.run(mesh) { lab in
            let address = lab.layout.istiodAddress
            for (what, bytes) in Self.hostile {
                let socket = try #require(Loopback.connect(address, DiscoveryServer.port), "\(what)")
                _ = send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
                shutdown(socket, Int32(SHUT_WR))
                // The server closes, as there is nothing more to come.
                await Loopback.blocking {
                    var buffer = [UInt8](repeating: 0, count: 4096)
                    while recv(socket, &buffer, buffer.count, 0) > 0 {}
                }
                close(socket)
            }
            mesh.entries = [
                .make(
                    "cnn", "edition.cnn.com", ports: [.make(80, "HTTP")], resolution: .static,
                    endpoints: [EntryEndpoint(address: "203.0.113.11")])
            ]
            try await lab.update(mesh)
            #expect(try await lab.sidecarStatus.connection == "sleep-1.default-1")
        }
    }

    /// Whoever calls himself by a proxy's name takes its place for as long as he stays.
    @Test func aProxyWhosePlaceWasTakenComesBack() async throws {
        try await TestLab.run { lab in
            let socket = try #require(Loopback.connect(lab.layout.istiodAddress, DiscoveryServer.port))
            var node = WireWriter()
            node.add(1, EnvoyBootstrap.nodeID(lab.sidecar))
            var request = WireWriter()
            request.add(1, node.bytes)
            request.add(2, DiscoveryType.cds.typeURL)
            let message = Array(buffer: GRPCMessages.frame(request.bytes))
            let bytes = Self.call(Self.path) + Self.frame(0, stream: 1, message)
            _ = send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            _ = try await lab.eventually("another connection") {
                try await lab.sidecarStatus.connection == "sleep-1.default-1" ? nil : true
            }
            close(socket)
            try await lab.synced()
        }
    }
}
