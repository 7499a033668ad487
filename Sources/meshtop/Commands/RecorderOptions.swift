import ArgumentParser
import MeshHistory
import MeshState
import MeshTUI

/// How much the flight recorder keeps.
struct RecorderOptions: ParsableArguments {
    @Option(name: .setting(.recorderAge), help: .setting(.recorderAge))
    var ageOption: Seconds?

    @Option(name: .setting(.recorderSize), help: .setting(.recorderSize))
    var sizeOption: Size?

    mutating func validate() throws {
        let configuration = try Configuration.forCommand()
        if let age = ageOption, Setting.recorderAge.value(of: String(age.value)) == nil {
            throw ValidationError("\(Setting.recorderAge.flag) takes \(Setting.recorderAge.expectation)")
        }
        if ageOption == nil, case .seconds(let seconds)? = configuration.value(.recorderAge) {
            ageOption = Seconds(seconds)
        }
        guard sizeOption == nil, let text = configuration.text(.recorderSize) else { return }
        guard let size = Size(argument: text) else {
            throw ValidationError("\(Setting.recorderSize.key) takes bytes from 1M on, as in 256M, or 0; here is \(text)")
        }
        sizeOption = size
    }

    /// nil where nothing is to be recorded.
    var bounds: FlightRecorder.Bounds? {
        let standard = FlightRecorder.Bounds()
        let size = sizeOption?.bytes ?? standard.size
        return size == 0 ? nil : FlightRecorder.Bounds(age: ageOption?.value ?? standard.age, size: size)
    }

    /// Bytes, as `64M` or `1G`.
    struct Size: ExpressibleByArgument {
        let bytes: Int

        init?(argument: String) {
            let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
            let unit = argument.last.flatMap { units[Character($0.uppercased())] }
            guard let number = Int(unit == nil ? argument : String(argument.dropLast())), number >= 0, number < 1 << 20 || unit == nil
            else { return nil }
            let (bytes, isTooLarge) = number.multipliedReportingOverflow(by: unit ?? 1)
            // What is smaller than this does not hold one picture of a mesh.
            guard !isTooLarge, bytes == 0 || bytes >= 1 << 20 else { return nil }
            self.bytes = bytes
        }
    }
}
