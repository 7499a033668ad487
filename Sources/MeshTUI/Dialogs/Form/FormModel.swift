import MeshState

/// The fields of a ServiceEntry as text that is being edited, and the object that they make.
struct FormModel: Sendable, Hashable {
    /// The entry that is edited; nil for a new one.
    let target: ObjectKey?
    /// The object as it was read; nil for a new one.
    let base: JSONValue?
    /// Where fields come from that the form does not show.
    let frame: JSONValue
    /// The template that a new entry was begun from.
    private(set) var template: String?
    private(set) var rows: [FormSection: [FormRow]] = [:]
    private var untouched: [FormSection: [FormRow]] = [:]
    var focus: Focus
    /// The name that a new entry gets whose writer gives none.
    var suggestedName = ""
    /// What the object was when the form was opened, to see whether there is anything to lose.
    private var initial: JSONValue = .null

    enum Focus: Sendable, Hashable {
        case cell(FormPlace)
        /// The button below all fields.
        case review
    }

    /// Edits an entry.
    ///
    /// - Parameter frame: the object to begin with where it is not what was read, as it is after an editor had it.
    init(editing base: JSONValue, target: ObjectKey, frame: JSONValue? = nil) {
        self.target = target
        self.base = base
        self.frame = frame ?? base
        focus = .cell(FormPlace(section: .hosts))
        load(self.frame)
        initial = Self(loading: base, target: target).built().object
    }

    private init(loading base: JSONValue, target: ObjectKey) {
        self.target = target
        self.base = base
        frame = base
        focus = .review
        load(base)
    }

    /// Begins a new entry; what the template has as examples is shown where nothing is written.
    init(_ template: EntryTemplate, namespace: String) {
        target = nil
        base = nil
        self.template = template.id
        frame = template.object
        focus = .cell(FormPlace(section: .hosts))
        load(frame)
        for path in template.examples {
            guard let place = place(of: path, written: nil), var row = rows[place.section]?[place.row] else { continue }
            row.cells[place.column] = .asking(for: row.cells[place.column])
            rows[place.section]?[place.row] = row
        }
        rows[.namespace]?[0].cells[0].set(namespace)
        initial = built().object
    }

    /// A new entry that was begun elsewhere.
    init(new object: JSONValue) {
        target = nil
        base = nil
        frame = object
        focus = .cell(FormPlace(section: .hosts))
        load(object)
    }

    var isNew: Bool { target == nil }

    /// The name of an entry that is there keeps it.
    var sections: [FormSection] {
        FormSection.allCases.filter { isNew || ($0 != .name && $0 != .namespace) }
    }

    private mutating func load(_ object: JSONValue) {
        for section in sections {
            rows[section] = Self.rows(of: section, in: object)
            untouched[section] = rows[section]
        }
    }

    private static func value(of section: FormSection, in object: JSONValue) -> JSONValue? {
        switch section {
        case .name, .namespace: object["metadata"]?[section.rawValue]
        case .workloadSelector: object["spec"]?["workloadSelector"]?["labels"]
        default: object["spec"]?[section.rawValue]
        }
    }

    private static func rows(of section: FormSection, in object: JSONValue) -> [FormRow] {
        let value = value(of: section, in: object)
        let columns = section.columns
        var rows: [FormRow]
        if !section.isList {
            rows = [FormRow(value, columns)]
        } else if section == .workloadSelector {
            rows = (value?.objectValue ?? [:]).sorted { $0.key < $1.key }.map { key, value in
                FormRow(["key": .string(key), "value": value], columns)
            }
        } else {
            rows = (value?.arrayValue ?? []).map { FormRow($0, columns) }
        }
        if rows.isEmpty { rows = [FormRow(nil, columns)] }
        return rows
    }

    // MARK: The object

    /// Which row of the form each element of a list comes from.
    typealias Written = [FormSection: [Int]]

    /// The object that the form stands for, and where its elements stand in the form.
    func built() -> (object: JSONValue, written: Written) {
        var object = frame
        var spec = frame["spec"] ?? [:]
        var metadata = frame["metadata"] ?? [:]
        var written: Written = [:]
        for section in sections {
            let (value, places) = self.value(of: section)
            written[section] = places
            switch section {
            case .name:
                let suggestion = suggestedName.isEmpty ? JSONValue?.none : .string(suggestedName)
                if let name = value ?? suggestion { metadata["name"] = name } else { metadata["name"] = nil }
            case .namespace: if let value { metadata["namespace"] = value } else { metadata["namespace"] = nil }
            case .workloadSelector: Self.set(selector: value, in: &spec)
            default: if let value { spec[section.rawValue] = value } else { spec[section.rawValue] = nil }
            }
        }
        object["metadata"] = metadata
        object["spec"] = spec
        return (object, written)
    }

    /// A selector goes when its last label does, unless there is more to it; one that was empty before stays.
    private static func set(selector labels: JSONValue?, in spec: inout JSONValue) {
        var selector = spec["workloadSelector"]
        if let labels {
            selector = selector?.objectValue == nil ? [:] : selector
            selector?["labels"] = labels
        } else if selector?["labels"] != nil {
            selector?["labels"] = nil
            if selector?.objectValue?.isEmpty == true { selector = Optional.none }
        }
        if let selector { spec["workloadSelector"] = selector } else { spec["workloadSelector"] = nil }
    }

    private func value(of section: FormSection) -> (JSONValue?, [Int]) {
        let columns = section.columns
        let rows = rows[section] ?? []
        let places = rows.indices.filter { !rows[$0].isBlank(columns) }
        // What nobody touched stays as it was written, be it absent or empty.
        if rows == untouched[section] { return (Self.value(of: section, in: frame), places) }
        guard section.isList else { return (rows.first?.value(columns), places) }
        let values = places.compactMap { rows[$0].value(columns) }
        if values.isEmpty { return (nil, places) }
        guard section == .workloadSelector else { return (.array(values), places) }
        var labels: JSONValue = [:]
        for value in values { labels[value["key"]?.stringValue ?? ""] = value["value"] ?? "" }
        return (labels, places)
    }

    /// Whether there is anything that would be lost.
    var isChanged: Bool { built().object != initial }

    /// The name and namespace that the entry has, or will have.
    var key: ObjectKey {
        if let target { return target }
        let metadata = built().object["metadata"]
        return ObjectKey(
            kind: ServiceEntry.kind, namespace: metadata?["namespace"]?.stringValue ?? "",
            name: metadata?["name"]?.stringValue ?? "")
    }

    /// The host from which a name can be made.
    var firstHost: String? { rows[.hosts]?.lazy.map { $0.cells[0].text }.first { !$0.isEmpty } }

    // MARK: Where a path leads to

    /// The cell that a path of the object means; nil where it means the object as a whole.
    ///
    /// - Parameter written: where the elements of lists stand; nil where they stand as they are in the object.
    func place(of path: String, written: Written?) -> FormPlace? {
        for section in sections {
            let stem = section == .workloadSelector ? "spec.workloadSelector" : section.path
            guard path.hasPrefix(stem) else { continue }
            var rest = path.dropFirst(stem.count)
            guard rest.isEmpty || rest.first == "[" || rest.first == "." else { continue }
            if section == .workloadSelector {
                guard let start = rest.firstIndex(of: "["), rest.last == "]" else { return FormPlace(section: section) }
                let key = rest[rest.index(after: start)...].dropLast()
                let row = rows[section]?.firstIndex { $0.cells[0].text == key }
                return FormPlace(section: section, row: row ?? 0, column: row == nil ? 0 : 1)
            }
            guard rest.first == "[", let end = rest.firstIndex(of: "]"),
                let index = Int(rest[rest.index(after: rest.startIndex)..<end])
            else { return FormPlace(section: section) }
            let places = written?[section] ?? Array((rows[section] ?? []).indices)
            guard places.indices.contains(index) else { return FormPlace(section: section) }
            rest = rest[rest.index(after: end)...].drop { $0 == "." }
            let member = rest.prefix { $0 != "." && $0 != "[" }
            let column = section.columns.firstIndex { $0.key == member } ?? 0
            return FormPlace(section: section, row: places[index], column: column)
        }
        return nil
    }

    // MARK: A form that is put aside

    /// The texts of all rows, so that even what makes no sense yet is kept.
    var texts: [FormSection: [[String]]] {
        rows.mapValues { $0.map { $0.cells.map(\.text) } }
    }

    /// Takes texts over that were put aside; rows keep what they hold besides as long as there are as many.
    mutating func restore(_ texts: [FormSection: [[String]]], elements: [FormSection: [JSONValue?]]) {
        for (section, lines) in texts where sections.contains(section) {
            let columns = section.columns
            let before = rows[section] ?? []
            rows[section] = lines.enumerated().map { index, line in
                let known = elements[section] ?? []
                let element = known.indices.contains(index) ? known[index] : Optional<JSONValue>.none
                var row = before.first { $0.element == element } ?? FormRow(element, columns)
                for (column, text) in line.enumerated() where row.cells.indices.contains(column) {
                    if row.cells[column].text != text { row.cells[column].set(text) }
                }
                return row
            }
            if rows[section]?.isEmpty == true { rows[section] = [FormRow(nil, columns)] }
        }
    }

    var elements: [FormSection: [JSONValue?]] { rows.mapValues { $0.map(\.element) } }
}

// MARK: - What keys do

extension FormModel {
    /// All cells in the order of the form.
    var places: [FormPlace] {
        sections.flatMap { section in
            (rows[section] ?? []).indices.flatMap { row in
                section.columns.indices.map { FormPlace(section: section, row: row, column: $0) }
            }
        }
    }

    subscript(place: FormPlace) -> FormCell? {
        guard let rows = rows[place.section], rows.indices.contains(place.row) else { return nil }
        return rows[place.row].cells[place.column]
    }

    private mutating func changeCell(_ change: (inout FormCell) -> Void) {
        guard case .cell(let place) = focus, self[place] != nil else { return }
        change(&rows[place.section, default: []][place.row].cells[place.column])
    }

    mutating func type(_ character: Character) { changeCell { $0.type(character) } }

    mutating func edit(_ action: LineEditor.Action) { changeCell { $0.edit(action) } }

    /// Goes to a cell or the button.
    mutating func go(to place: Focus) {
        changeCell { $0.leave() }
        focus = place
    }

    /// Goes to the next cell (1) or the one before (-1); the button comes behind the last and before the first.
    mutating func step(_ direction: Int) {
        let all = places.map { Focus.cell($0) } + [.review]
        let index = all.firstIndex(of: focus) ?? 0
        go(to: all[(index + direction + all.count) % all.count])
    }

    /// What Enter does: to the next cell, and at the end of a list to a new row unless the last one is blank.
    mutating func enter() {
        guard case .cell(let place) = focus, place.section.isList, let rows = rows[place.section],
            place.row == rows.count - 1, place.column == place.section.columns.count - 1,
            !rows[place.row].isBlank(place.section.columns)
        else { return step(1) }
        addRow()
    }

    /// Puts a blank row below this one and goes there.
    mutating func addRow() {
        guard case .cell(let place) = focus, place.section.isList else { return }
        rows[place.section]?.insert(FormRow(nil, place.section.columns), at: place.row + 1)
        go(to: .cell(FormPlace(section: place.section, row: place.row + 1)))
    }

    /// Takes this row away; a list keeps one, blank.
    mutating func removeRow() {
        guard case .cell(let place) = focus, place.section.isList, let count = rows[place.section]?.count else {
            return
        }
        rows[place.section]?.remove(at: place.row)
        if count == 1 { rows[place.section] = [FormRow(nil, place.section.columns)] }
        var next = place
        next.row = min(place.row, max(0, count - 2))
        focus = .cell(next)
    }

    /// Moves this row up (-1) or down (1) in its list.
    mutating func moveRow(_ step: Int) {
        guard case .cell(var place) = focus, place.section.isList, let count = rows[place.section]?.count,
            (0..<count).contains(place.row + step)
        else { return }
        rows[place.section]?.swapAt(place.row, place.row + step)
        place.row += step
        focus = .cell(place)
    }
}
