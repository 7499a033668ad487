/// A host of the outside world: a name that resolves, and an address of the documentation ranges that it stands at.
public struct OutsideHost: Sendable, Hashable {
    /// In lower case; a leading `*.` stands for any one or more labels.
    public let name: String
    /// In the mesh's terms, such as `198.51.100.67`.
    public let address: String
    public let ports: [Int]

    /// The database of the documents' `mysql-external`.
    public static let database = OutsideHost(name: "mysql.example.com", address: "203.0.113.10", ports: [3306])
    public static let cnn = OutsideHost(name: "edition.cnn.com", address: "198.51.100.67", ports: [80, 443])
    public static let httpbin = OutsideHost(name: "httpbin.org", address: "198.51.100.94", ports: [80, 443])
    public static let google = OutsideHost(name: "www.google.com", address: "192.0.2.36", ports: [80, 443])
    public static let wikipedia = OutsideHost(name: "*.wikipedia.org", address: "192.0.2.224", ports: [80, 443])

    public static let all = [database, cnn, httpbin, google, wikipedia]
}
