public import Foundation
import Glibc
import Subprocess
import SystemPackage

/// The database of the outside world, `mysql.example.com`: a MariaDB with its own files, on the loopback alone.
///
/// It holds the documents' table `test.ratings` and a user `bookinfo` who may read it. The administrator is whoever
/// runs the lab, through the Unix socket.
public struct MariaDB: Sendable {
    private let layout: LabLayout

    public init(layout: LabLayout) { self.layout = layout }

    private var directory: URL { layout.stateDirectory.appending(path: "mariadb") }
    private var dataDirectory: URL { directory.appending(path: "data") }
    private var initialStatements: URL { directory.appending(path: "init.sql") }

    /// The administrator's way in. The path of a socket is short, so a long state folder has it elsewhere.
    public var socketFile: URL {
        let usual = directory.appending(path: "mariadb.sock")
        // sun_path has 108 bytes, one of which ends the text.
        if usual.path.utf8.count < 108 { return usual }
        let hash = layout.stateDirectory.path.utf8.reduce(5381 as UInt32) { ($0 << 5) &+ $0 &+ UInt32($1) }
        return URL(filePath: "/tmp/meshtop-\(getuid())/\(String(hash, radix: 36)).sock")
    }

    /// Makes the data directory where there is none; the server creates the rest when it starts.
    public func prepare() async throws {
        let files = FileManager.default
        for folder in [directory, socketFile.deletingLastPathComponent(), layout.logDirectory] {
            try files.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        try Data(Self.statements.utf8).writePrivately(to: initialStatements)
        guard !files.fileExists(atPath: dataDirectory.path) else { return }

        // Made aside and renamed when complete, so that an interrupted attempt is not taken for a database.
        let new = directory.appending(path: "data.new")
        if files.fileExists(atPath: new.path) { try files.removeItem(at: new) }
        let user = NSUserName()
        let result = try await Subprocess.run(
            .path(FilePath(try Self.locate("mariadb-install-db"))),
            arguments: Arguments(
                ["--no-defaults", "--datadir=\(new.path)", "--skip-test-db", "--skip-name-resolve"]
                    + ["--auth-root-authentication-method=socket", "--auth-root-socket-user=\(user)"]
                    + Self.sizes + Self.asSelf),
            output: .string(limit: 256 * 1024), error: .combinedWithOutput)
        guard result.terminationStatus.isSuccess else {
            throw LabError("mariadb-install-db failed: \(result.standardOutput.suffix(2000))")
        }
        try files.moveItem(at: new, to: dataDirectory)
    }

    /// The server, to be kept running once ``prepare()`` is done.
    public func program() throws -> Program {
        guard let address = layout.loopback(for: OutsideHost.database.address) else {
            throw LabError("the database's address \(OutsideHost.database.address) has no place on the loopback")
        }
        return Program(
            name: "mariadb",
            executable: try Self.locate("mariadbd"),
            arguments: [
                "--no-defaults", "--datadir=\(dataDirectory.path)", "--tmpdir=\(directory.path)",
                "--bind-address=\(address)", "--port=3306", "--socket=\(socketFile.path)",
                "--pid-file=\(directory.appending(path: "mariadb.pid").path)",
                "--init-file=\(initialStatements.path)",
                // Without names there is no reverse lookup, and no client is shut out for connections that were cut.
                "--skip-name-resolve", "--skip-log-bin", "--skip-slave-start",
            ] + Self.sizes + Self.asSelf,
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": directory.path],
            logFile: layout.logDirectory.appending(path: "mariadb.log"))
    }

    /// What a table of two rows needs.
    private static let sizes = [
        "--innodb-log-file-size=4M", "--innodb-buffer-pool-size=8M", "--key-buffer-size=1M",
        "--aria-pagecache-buffer-size=1M", "--performance-schema=OFF", "--max-connections=60",
    ]

    /// MariaDB refuses to run as root unless it is told to.
    private static var asSelf: [String] { getuid() == 0 ? ["--user=root"] : [] }

    /// Run at each start, one statement a line; they change nothing that is there already.
    private static let statements = """
        CREATE DATABASE IF NOT EXISTS test;
        CREATE TABLE IF NOT EXISTS test.ratings (ReviewID INT NOT NULL, Rating INT, PRIMARY KEY (ReviewID));
        INSERT IGNORE INTO test.ratings (ReviewID, Rating) VALUES (1, 5), (2, 4);
        CREATE USER IF NOT EXISTS 'bookinfo'@'%' IDENTIFIED BY 'bookinfo';
        GRANT SELECT ON test.ratings TO 'bookinfo'@'%';

        """

    private static func locate(_ command: String) throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        // Servers are often where the PATH of a normal user does not lead.
        let folders = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/local/sbin", "/usr/libexec"]
        guard
            let file = folders.map({ "\($0)/\(command)" }).first(where: FileManager.default.isExecutableFile(atPath:))
        else { throw LabError("\(command) (MariaDB's server) is not installed; run: make setup") }
        return file
    }
}
