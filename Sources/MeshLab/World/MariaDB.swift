public import Foundation
import Glibc
import Subprocess
import SystemPackage

/// A database of the lab: a MariaDB with its own files, on the loopback alone.
///
/// Each holds the documents' table `test.ratings` and the documents' users. The administrator is whoever runs the lab,
/// through the Unix socket.
public struct MariaDB: Sendable {
    private let layout: LabLayout
    /// In the mesh's terms.
    private let address: String
    private let name: String
    /// Run at each start, one a line; they change nothing that is there already.
    private let users: String

    private init(layout: LabLayout, address: String, name: String, users: String) {
        self.layout = layout
        self.address = address
        self.name = name
        self.users = users
    }

    /// `mysql.example.com`, outside the mesh: `bookinfo` may read the ratings, `admin` may do what it likes.
    public static func external(layout: LabLayout) -> MariaDB {
        MariaDB(
            layout: layout, address: OutsideHost.database.address, name: "mariadb",
            users: """
                CREATE USER IF NOT EXISTS 'bookinfo'@'%' IDENTIFIED BY 'bookinfo';
                GRANT SELECT ON test.* TO 'bookinfo'@'%';
                CREATE USER IF NOT EXISTS 'admin'@'%' IDENTIFIED BY 'admin';
                GRANT ALL ON *.* TO 'admin'@'%' WITH GRANT OPTION;
                """)
    }

    /// The virtual machine's own, where `root` has the password `password`.
    public static func virtualMachine(layout: LabLayout) -> MariaDB {
        MariaDB(
            layout: layout, address: LabWorkload.virtualMachine.ip, name: "mysqldb",
            users: """
                CREATE USER IF NOT EXISTS 'root'@'%' IDENTIFIED BY 'password';
                GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;
                ALTER USER 'root'@'localhost'\
                 IDENTIFIED VIA unix_socket OR mysql_native_password USING PASSWORD('password');
                """)
    }

    static func all(layout: LabLayout) -> [MariaDB] { [external(layout: layout), virtualMachine(layout: layout)] }

    private static let ratings = """
        CREATE DATABASE IF NOT EXISTS test;
        CREATE TABLE IF NOT EXISTS test.ratings (ReviewID INT NOT NULL, Rating INT, PRIMARY KEY (ReviewID));
        INSERT IGNORE INTO test.ratings (ReviewID, Rating) VALUES (1, 5), (2, 4);
        """

    private var directory: URL { layout.stateDirectory.appending(path: name) }
    private var dataDirectory: URL { directory.appending(path: "tables") }
    private var initialStatements: URL { directory.appending(path: "init.sql") }

    /// The administrator's way in.
    public var socketFile: URL { socketDirectory.appending(path: "mysqld.sock") }
    /// What its machine has as `/run/mysqld`.
    var socketDirectory: URL { layout.socketDirectory.appending(path: name) }
    /// Where it listens, at port 3306.
    var loopback: String? { layout.loopback(for: address) }

    /// Prepares every database of the lab. The data of a new one is the same for all until a server starts with it, so
    /// that it is made once.
    static func prepareAll(layout: LabLayout) async throws {
        var new: MariaDB?
        for database in all(layout: layout) {
            if try await database.prepare(copying: new) { new = database }
        }
    }

    /// Makes the data directory where there is none; the server creates the rest when it starts.
    ///
    /// - Parameter other: one that was just made, if there is any: a copy of it is as good as a new one.
    /// - Returns: whether it was made.
    @discardableResult
    public func prepare(copying other: MariaDB? = nil) async throws -> Bool {
        let files = FileManager.default
        for folder in [directory, socketDirectory, layout.logDirectory] {
            try files.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        try Data("\(Self.ratings)\n\(users)\n".utf8).writePrivately(to: initialStatements)
        guard !files.fileExists(atPath: dataDirectory.path) else { return false }

        // Made aside and renamed when complete, so that an interrupted attempt is not taken for a database.
        let new = directory.appending(path: "tables.new")
        if files.fileExists(atPath: new.path) { try files.removeItem(at: new) }
        if let other {
            try files.copyItem(at: other.dataDirectory, to: new)
        } else {
            try await Self.install(in: new, temporary: directory)
        }
        try files.moveItem(at: new, to: dataDirectory)
        return true
    }

    private static func install(in folder: URL, temporary: URL) async throws {
        let user = NSUserName()
        let result = try await Subprocess.run(
            .path(FilePath(try locate("mariadb-install-db"))),
            arguments: Arguments(
                // A folder of its own for temporary tables: servers that start clear theirs.
                ["--no-defaults", "--datadir=\(folder.path)", "--tmpdir=\(temporary.path)", "--skip-test-db"]
                    + [
                        "--skip-name-resolve", "--auth-root-authentication-method=socket",
                        "--auth-root-socket-user=\(user)",
                    ]
                    + settings + asSelf),
            output: .string(limit: 256 * 1024), error: .combinedWithOutput)
        guard result.terminationStatus.isSuccess else {
            throw LabError("mariadb-install-db failed: \(result.standardOutput.suffix(2000))")
        }
    }

    /// The server, to be kept running once ``prepare()`` is done.
    public func program() throws -> Program {
        guard let loopback else {
            throw LabError("the database's address \(address) has no place on the loopback")
        }
        return Program(
            name: name,
            executable: try Self.locate("mariadbd"),
            arguments: [
                "--no-defaults", "--datadir=\(dataDirectory.path)", "--tmpdir=\(directory.path)",
                "--bind-address=\(loopback)", "--port=3306", "--socket=\(socketFile.path)",
                "--pid-file=\(directory.appending(path: "mariadb.pid").path)",
                "--init-file=\(initialStatements.path)",
                // Without names there is no reverse lookup, and no client is shut out for connections that were cut.
                "--skip-name-resolve", "--skip-log-bin", "--skip-slave-start",
            ] + Self.settings + Self.asSelf,
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": directory.path],
            logFile: layout.logDirectory.appending(path: "\(name).log"))
    }

    /// What a table of two rows needs. Aria survives a crash as InnoDB does, and takes half the memory.
    private static let settings = [
        "--skip-innodb", "--default-storage-engine=Aria", "--key-buffer-size=1M", "--aria-pagecache-buffer-size=1M",
        "--performance-schema=OFF", "--max-connections=60",
    ]

    /// MariaDB refuses to run as root unless it is told to.
    private static var asSelf: [String] { getuid() == 0 ? ["--user=root"] : [] }

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
