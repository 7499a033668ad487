// swift-tools-version: 6.1
import PackageDescription

/// Every target is compiled with the strictest import and concurrency rules that the language offers.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func nio(_ names: String...) -> [Target.Dependency] {
    names.map { .product(name: $0, package: "swift-nio") }
}

func hummingbird(_ names: String...) -> [Target.Dependency] {
    names.map { .product(name: $0, package: "hummingbird") }
}

let package = Package(
    name: "meshtop",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "meshtop", targets: ["meshtop"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        .target(name: "MeshState", dependencies: [yams, deque], swiftSettings: strict),
        .target(
            name: "MeshClient",
            dependencies: [
                "MeshState", asyncHTTPClient, yams,
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ] + nio("NIOCore", "NIOPosix", "NIOHTTP1", "NIOFoundationCompat"),
            swiftSettings: strict),
        .target(name: "MeshTUI", dependencies: ["MeshState", yams], swiftSettings: strict),
        .target(name: "CTerminal", linkerSettings: [.linkedLibrary("ncursesw")]),
        .target(name: "CursesTerminal", dependencies: ["MeshTUI", "CTerminal"], swiftSettings: strict),
        .target(
            name: "MeshLab",
            dependencies: [
                "MeshState", asyncHTTPClient, grdb, logging, subprocess, yams,
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SystemPackage", package: "swift-system"),
            ] + nio("NIOCore", "NIOPosix", "NIOHTTP1", "NIOFoundationCompat")
                + hummingbird("Hummingbird", "HummingbirdTLS", "HummingbirdHTTP2"),
            swiftSettings: strict),
        .target(name: "MeshHistory", dependencies: ["MeshState", grdb], swiftSettings: strict),
        .executableTarget(
            name: "meshtop",
            dependencies: [
                "MeshState", "MeshClient", "MeshTUI", "CursesTerminal", "MeshLab", "MeshHistory", argumentParser, logging,
                yams,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "MeshStateTests", dependencies: ["MeshState"], resources: [.copy("Fixtures")], swiftSettings: strict),
        .testTarget(
            name: "MeshClientTests",
            dependencies: ["MeshClient", "MeshState", .product(name: "NIOSSL", package: "swift-nio-ssl")]
                + nio("NIOCore", "NIOPosix", "NIOHTTP1"),
            resources: [.copy("Fixtures")],
            swiftSettings: strict),
        .testTarget(
            name: "MeshTUITests", dependencies: ["MeshTUI", "MeshState", "CursesTerminal", "CTerminal"], resources: [.copy("Golden")],
            swiftSettings: strict),
        .testTarget(name: "MeshHistoryTests", dependencies: ["MeshHistory", "MeshState", grdb], swiftSettings: strict),
        // Draws a frame and then fails in the way that it is asked to: what the crash guard is tested with.
        .executableTarget(
            name: "terminal-probe", dependencies: ["MeshTUI", "CursesTerminal"], path: "Tests/TerminalProbe",
            swiftSettings: strict),
        .testTarget(
            name: "CursesTerminalTests",
            dependencies: ["CursesTerminal", "CTerminal", "MeshTUI", "terminal-probe", subprocess],
            swiftSettings: strict),
        .testTarget(
            name: "MeshLabTests",
            dependencies: [
                "MeshLab", "MeshState", asyncHTTPClient, logging, subprocess,
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ] + nio("NIOCore", "NIOHTTP1") + hummingbird("Hummingbird"),
            exclude: ["Fixtures"], swiftSettings: strict),
        .testTarget(
            name: "MeshtopTests",
            dependencies: ["meshtop", "MeshTUI", "MeshState", "MeshClient", "MeshLab", argumentParser],
            swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests", dependencies: ["MeshState", "MeshTUI", "meshtop", subprocess], swiftSettings: strict),
    ]
)
