import MeshState
import MeshTUI

/// The JSON schema of the configuration file, with which editors complete it and check it.
enum ConfigurationSchema {
    static var text: String { schema.jsonText(indent: 2) + "\n" }

    private static var schema: JSONValue {
        [
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "meshtop's configuration file",
            "description": .string(
                "Lies at $XDG_CONFIG_HOME/meshtop/config.yaml, else at ~/.config/meshtop/config.yaml. A flag goes before a "
                    + "variable of the environment, and that before this file."),
            "type": "object",
            "additionalProperties": false,
            "properties": properties,
        ]
    }

    private static var properties: JSONValue {
        var properties = settings(Setting.all)
        properties["contexts"] = [
            "description": "Settings for one context of the kubeconfig alone, by its name.",
            "type": "object",
            "additionalProperties": [
                "type": "object", "additionalProperties": false,
                "properties": settings(Setting.all.filter(\.isPerContext)),
            ],
        ]
        properties["commands"] = [
            "description": "Flags of single commands, as if they were typed each time.",
            "type": "object",
            "additionalProperties": false,
            "properties": commands,
        ]
        properties["keys"] = [
            "description": "Other keys than the usual ones, by action: a key such as x, F9, Ctrl-D, PgUp, or a list of them.",
            "type": "object",
            "additionalProperties": false,
            "properties": keys,
        ]
        return properties
    }

    private static var commands: JSONValue {
        var commands: JSONValue = [:]
        for (name, flags) in Dictionary(grouping: CommandFlag.all, by: \.command) {
            var properties: JSONValue = [:]
            for flag in flags { properties[flag.key] = property(flag) }
            commands[name] = ["type": "object", "additionalProperties": false, "properties": properties]
        }
        return commands
    }

    private static func property(_ flag: CommandFlag) -> JSONValue {
        var value: JSONValue = flag.takesValue ? ["type": ["string", "number"]] : ["type": "boolean"]
        if !flag.choices.isEmpty { value = ["enum": JSONValue(flag.choices)] }
        if flag.isRepeating { value = ["anyOf": [value, ["type": "array", "items": value]]] }
        value["description"] = .string("\(flag.help) Flag --\(flag.name), variable \(flag.variable).")
        return value
    }

    private static func settings(_ settings: [Setting]) -> JSONValue {
        var properties: JSONValue = [:]
        for setting in settings { properties[setting.key] = property(setting) }
        return properties
    }

    private static func property(_ setting: Setting) -> JSONValue {
        let names = "\(setting.help). Flag \(setting.flag), variable \(setting.variable)."
        var property: JSONValue = ["description": .string(names)]
        switch setting.kind {
        case .text, .path: property["type"] = "string"
        case .flag: property["type"] = "boolean"
        case .choice(let choices):
            // A choice that is a number may stand without quotes.
            let values = choices.flatMap { choice -> [JSONValue] in
                [.string(choice)] + (Int64(choice).map { [.integer($0)] } ?? [])
            }
            property["enum"] = .array(values)
        case .seconds(let range):
            property["anyOf"] = [
                ["type": "number", "minimum": number(range.lowerBound), "maximum": number(range.upperBound)],
                ["type": "string", "pattern": "^[0-9.]+(ms|s|m|h|d)?$"],
            ]
        }
        if let standard = setting.standard.flatMap(setting.value(of:)) {
            switch standard {
            case .text(let text): property["default"] = .string(text)
            case .flag(let flag): property["default"] = .bool(flag)
            case .seconds(let seconds): property["default"] = number(seconds)
            }
        }
        return property
    }

    private static func number(_ value: Double) -> JSONValue {
        Int64(exactly: value).map(JSONValue.integer) ?? .number(value)
    }

    private static var keys: JSONValue {
        var actions: JSONValue = [:]
        for binding in KeyTable.bindings {
            actions[binding.command] = [
                "description": .string("\(binding.help). Usually \(binding.keys.map(\.label).joined(separator: ", "))."),
                "type": ["string", "array"],
                "items": ["type": "string"],
            ]
        }
        return actions
    }
}
