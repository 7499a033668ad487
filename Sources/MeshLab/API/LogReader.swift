import Foundation
import MeshState

/// Which part of a log is wanted, and how.
struct LogOptions: Sendable, Hashable {
    var follow = false
    var tailLines: Int?
    var since: Date?
    var timestamps = false
    var limitBytes: Int?

    init() {}

    init(_ request: APIRequest, pod: String) throws(APIFailure) {
        follow = request.flag("follow")
        timestamps = request.flag("timestamps")
        tailLines = try request.integer("tailLines").map(Int.init)
        limitBytes = try request.integer("limitBytes").map(Int.init)
        let seconds = try request.integer("sinceSeconds")
        let time = request.query["sinceTime"] ?? ""
        var problems: [InvalidField] = []
        func check(_ field: String, _ value: Int64?, atLeast least: Int64) {
            guard let value, value < least else { return }
            problems.append(
                InvalidField(.invalid, field, "Invalid value: \(value): must be greater than or equal to \(least)"))
        }
        check("tailLines", tailLines.map(Int64.init), atLeast: 0)
        check("limitBytes", limitBytes.map(Int64.init), atLeast: 1)
        check("sinceSeconds", seconds, atLeast: 1)
        if seconds != nil, !time.isEmpty {
            problems.append(
                InvalidField(
                    .forbidden, "", "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"))
        }
        if !problems.isEmpty { throw .invalid(group: "", kind: "PodLogOptions", name: pod, causes: problems) }
        if let seconds { since = Date.now.addingTimeInterval(-Double(seconds)) }
        if !time.isEmpty {
            guard let date = Date(rfc3339: time) else {
                throw .badRequest("parsing time \"\(time)\" as RFC 3339: cannot parse")
            }
            since = date
        }
    }
}

/// Reads a log file from its end or its start, and follows it while it grows.
///
/// The file may not exist yet, may be truncated in place (what was cut is gone, what follows is read from the start)
/// and may be replaced by another file of the same name.
struct LogReader {
    private static let pollInterval = Duration.milliseconds(100)
    private static let chunkSize = 64 * 1024

    private let file: URL
    private let options: LogOptions
    private var handle: FileHandle?
    private var inode: UInt64 = 0
    private var offset: UInt64 = 0
    private var written = 0
    private var lines: LogLineFilter?
    private var isFinished = false

    init(file: URL, options: LogOptions) {
        self.file = file
        self.options = options
        if options.timestamps || options.since != nil {
            lines = LogLineFilter(since: options.since, timestamps: options.timestamps)
        }
    }

    /// The next bytes of the answer; nil at its end, or when the task is cancelled.
    mutating func next() async throws -> [UInt8]? {
        while !isFinished, !Task.isCancelled {
            try open()
            if let bytes = try read() {
                let output = limited(lines?.filter(bytes) ?? bytes)
                if !output.isEmpty { return output }
                continue
            }
            guard options.follow else {
                isFinished = true
                let rest = limited(lines?.rest() ?? [])
                return rest.isEmpty ? nil : rest
            }
            do { try await Task.sleep(for: Self.pollInterval) } catch { return nil }
        }
        return nil
    }

    private mutating func limited(_ bytes: [UInt8]) -> [UInt8] {
        guard let limit = options.limitBytes else { return bytes }
        let output = Array(bytes.prefix(limit - written))
        written += output.count
        if written >= limit { isFinished = true }
        return output
    }

    /// Opens the file, again where another one has taken its place and the old one is read to its end.
    private mutating func open() throws {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file.path)
        guard let number = (attributes?[.systemFileNumber] as? NSNumber)?.uint64Value else { return }
        if let handle {
            guard number != inode else { return }
            if try handle.seekToEnd() > offset { return }
            try handle.close()
        }
        let isFirst = inode == 0
        let opened = try FileHandle(forReadingFrom: file)
        handle = opened
        inode = number
        offset = 0
        if isFirst, let count = options.tailLines { offset = try Self.start(ofLast: count, in: opened) }
    }

    private mutating func read() throws -> [UInt8]? {
        guard let handle else { return nil }
        let size = try handle.seekToEnd()
        if size < offset { offset = 0 }
        if size == offset { return nil }
        try handle.seek(toOffset: offset)
        guard let data = try handle.read(upToCount: Self.chunkSize), !data.isEmpty else { return nil }
        offset += UInt64(data.count)
        return Array(data)
    }

    /// Where the last lines of a file start; the text after the last line break counts as a line.
    private static func start(ofLast count: Int, in handle: FileHandle) throws -> UInt64 {
        var position = try handle.seekToEnd()
        if count == 0 { return position }
        var missing = count
        var isEnd = true
        while position > 0 {
            let length = min(UInt64(chunkSize), position)
            position -= length
            try handle.seek(toOffset: position)
            let data = Array(try handle.read(upToCount: Int(length)) ?? Data())
            for index in data.indices.reversed() {
                defer { isEnd = false }
                guard data[index] == UInt8(ascii: "\n"), !isEnd else { continue }
                missing -= 1
                if missing == 0 { return position + UInt64(index) + 1 }
            }
        }
        return 0
    }
}
