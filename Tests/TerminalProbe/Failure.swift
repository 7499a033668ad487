import Glibc

/// The ways in which a program can end without having meant to.
enum Failure: String {
    case fatal, index, unwrap, overflow, abort, segv
    case taskFatal = "task-fatal"
    case hang

    func happen() {
        switch self {
        case .fatal: fatalError("a fatal error was asked for")
        case .index:
            let empty: [Int] = []
            print(empty[CommandLine.arguments.count])
        case .unwrap:
            let nothing = Int(CommandLine.arguments[0])
            print(nothing!)
        case .overflow: print(Self.descend(CommandLine.arguments.count))
        case .abort: Glibc.abort()
        case .segv:
            let nowhere = UnsafeMutablePointer<Int>(bitPattern: 8)
            nowhere?.pointee = 1
        case .taskFatal:
            Task.detached { fatalError("a fatal error in a task was asked for") }
            while true { pause() }
        // The loop takes no events any more.
        case .hang: while true { pause() }
        }
    }

    /// Needs more stack than there is; the addition keeps it from becoming a loop.
    private static func descend(_ depth: Int) -> Int { depth == -1 ? 0 : descend(depth + 1) + depth }
}
