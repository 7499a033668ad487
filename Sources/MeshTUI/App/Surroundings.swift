/// What the console knows besides the mesh, once the effect runner has looked around for it.
public struct Surroundings: Sendable {
    public var themes: [Theme]
    /// The contexts of the kubeconfig.
    public var contexts: [String]
    public var paths: [PathInUse]
    /// Requests to the API, and the seconds in which they were made.
    public var requests: (count: Int, seconds: Double)?

    public init(
        themes: [Theme] = [], contexts: [String] = [], paths: [PathInUse] = [],
        requests: (count: Int, seconds: Double)? = nil
    ) {
        self.themes = themes
        self.contexts = contexts
        self.paths = paths
        self.requests = requests
    }
}

/// A file or folder that meshtop reads or writes.
public struct PathInUse: Sendable, Hashable {
    /// What it is for, in a word or two.
    public let name: String
    public let path: String
    public let isThere: Bool

    public init(name: String, path: String, isThere: Bool) {
        self.name = name
        self.path = path
        self.isThere = isThere
    }
}
