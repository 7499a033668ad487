public import FoundationEssentials
public import MeshState

/// A form that is half written, as it is kept in a file.
public struct Draft: Sendable, Hashable, Identifiable {
    /// The name of its file, without an ending.
    public let id: String
    /// The mesh that it is for: the kubeconfig's context or `lab`.
    public let context: String
    public let time: Date
    let form: FormModel

    init(id: String, context: String, time: Date, form: FormModel) {
        self.id = id
        self.context = context
        self.time = time
        self.form = form
    }

    /// A name for the file of a form that is opened now.
    static func makeID(_ target: ObjectKey?, at time: Date) -> String {
        let letters = (target.map { "edit-\($0.namespace)-\($0.name)" } ?? "new").unicodeScalars.map { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
                ? Character(scalar) : "-"
        }
        return "\(String(letters).prefix(150))-\(Int(time.timeIntervalSince1970 * 1000))"
    }

    /// What it is about, in a few words.
    var title: String {
        form.target.map { "edit \($0.namespace)/\($0.name)" }
            ?? "new service entry\(form.firstHost.map { " for \($0)" } ?? "")"
    }
}

extension Draft {
    /// What is written to its file.
    public var json: JSONValue {
        var json: JSONValue = [
            "context": .string(context), "time": .string(time.rfc3339Text), "frame": form.frame,
        ]
        if let target = form.target {
            json["target"] = ["namespace": .string(target.namespace), "name": .string(target.name)]
        }
        if let base = form.base { json["base"] = base }
        var sections: JSONValue = [:]
        let elements = form.elements
        for (section, texts) in form.texts {
            sections[section.rawValue] = .array(
                texts.enumerated().map { index, texts in
                    var row: JSONValue = ["texts": JSONValue(texts)]
                    if let element = elements[section]?[index] { row["element"] = element }
                    return row
                })
        }
        json["sections"] = sections
        return json
    }

    /// Reads what was written to a file of this name; nil where it is no draft.
    public init?(id: String, json: JSONValue) {
        guard let context = json["context"]?.stringValue, let frame = json["frame"],
            let time = json["time"]?.stringValue.flatMap({ Date(rfc3339: $0) }),
            let sections = json["sections"]?.objectValue
        else { return nil }
        var form: FormModel
        if let target = json["target"], let base = json["base"] {
            let key = ObjectKey(
                kind: ServiceEntry.kind, namespace: target["namespace"]?.stringValue ?? "",
                name: target["name"]?.stringValue ?? "")
            form = FormModel(editing: base, target: key, frame: frame)
        } else {
            form = FormModel(new: frame)
        }
        var texts: [FormSection: [[String]]] = [:]
        var elements: [FormSection: [JSONValue?]] = [:]
        for (name, rows) in sections {
            guard let section = FormSection(rawValue: name) else { continue }
            texts[section] = (rows.arrayValue ?? []).map { $0["texts"]?.stringList ?? [] }
            elements[section] = (rows.arrayValue ?? []).map { $0["element"] }
        }
        form.restore(texts, elements: elements)
        self.init(id: id, context: context, time: time, form: form)
    }
}
