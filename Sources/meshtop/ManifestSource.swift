import Foundation
import MeshState

/// Where manifests come from: a file, or standard input.
struct ManifestSource {
    enum Content {
        case text(String)
        /// Why it cannot be read, and what to do.
        case unreadable(String)
    }

    /// As it is told to the user; `-` is standard input.
    let name: String
    /// Known before it is read: a folder without a file to read.
    private var complaint: String?

    private init(_ name: String, complaint: String? = nil) {
        self.name = name
        self.complaint = complaint
    }

    /// The files that the arguments name, and those that are in the folders that they name.
    ///
    /// - Parameter isDeep: whether those count too that are in folders in these folders.
    static func all(_ arguments: [String], isDeep: Bool = true) -> [Self] {
        arguments.flatMap { argument -> [Self] in
            guard argument != "-", isFolder(argument) else { return [Self(argument)] }
            let inside = files(in: argument, isDeep: isDeep)
            if !inside.isEmpty { return inside.map { Self($0) } }
            return [Self(argument, complaint: "holds no file that ends in .yaml, .yml or .json; name another folder")]
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    private static func files(in folder: String, isDeep: Bool) -> [String] {
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        let near = names.filter { isDeep || !$0.contains("/") }
        return near.filter { [".yaml", ".yml", ".json"].contains(where: $0.hasSuffix) }.sorted()
            .map { folder.hasSuffix("/") ? folder + $0 : "\(folder)/\($0)" }.filter(isFile)
    }

    /// Whether it is a file, or a link to one: reading a pipe in a folder could take for ever.
    private static func isFile(_ path: String) -> Bool {
        let target = URL(filePath: path).resolvingSymlinksInPath().path
        let attributes = try? FileManager.default.attributesOfItem(atPath: target)
        return attributes?[.type] as? FileAttributeType == .typeRegular
    }

    func read() -> Content {
        if let complaint { return .unreadable(complaint) }
        do {
            let data: Data
            if name == "-" {
                data = try FileHandle.standardInput.readToEnd() ?? Data()
            } else {
                let file = try FileHandle(forReadingFrom: URL(filePath: name))
                data = try file.readToEnd() ?? Data()
                try file.close()
            }
            guard let text = String(validating: data, as: UTF8.self) else {
                return .unreadable("is not UTF-8 text; save it as UTF-8")
            }
            // A mark of the byte order is no part of the text.
            return .text(text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text)
        } catch CocoaError.fileReadNoSuchFile {
            return .unreadable("there is no such file; check the path")
        } catch CocoaError.fileReadNoPermission {
            return .unreadable("may not be read; check its permissions")
        } catch {
            return .unreadable("cannot be read: \(error.localizedDescription); check the path")
        }
    }
}
