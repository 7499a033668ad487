import ArgumentParser

/// Printing the console instead of opening it.
struct PrintOptions: ParsableArguments {
    @Flag(help: "Print what the console would show, once, and end; so does an output that is no terminal.")
    var once = false

    @Option(help: ArgumentHelp("Print that often, once an interval.", valueName: "COUNT"))
    var batch: Int?

    @Flag(help: "Print all that is known as JSON, a document a line where it is printed several times.")
    var json = false

    func validate() throws {
        if let batch, batch < 1 { throw ValidationError("--batch takes how often to print, from 1 on") }
        if json, !once, batch == nil { throw ValidationError("--json goes with --once or --batch") }
    }

    /// How often to print; nil to open the console.
    var count: Int? { batch ?? (once || !StandardOutput.isTerminal ? 1 : nil) }
}
