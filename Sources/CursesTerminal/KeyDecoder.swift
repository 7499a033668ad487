import CTerminal
import MeshTUI

/// What a key is that curses has read; nil for what has no meaning here.
func decodeKey(_ input: mt_input) -> Key? {
    switch input.kind {
    case MT_INPUT_CHARACTER: decodeCharacter(input.value)
    case MT_INPUT_KEY: decodeFunctionKey(Int(input.value))
    default: nil
    }
}

/// What a mouse did that curses has read; nil for any other input.
func decodeMouse(_ input: mt_input) -> MouseInput? {
    guard input.kind == MT_INPUT_MOUSE else { return nil }
    let kind: MouseInput.Kind
    switch Int(input.value) {
    case MT_MOUSE_PRESS: kind = .press
    case MT_MOUSE_WHEEL_UP: kind = .wheelUp
    case MT_MOUSE_WHEEL_DOWN: kind = .wheelDown
    default: return nil
    }
    return MouseInput(kind: kind, position: Position(column: Int(input.column), row: Int(input.row)))
}

/// Whether a terminal has a light background, where it has told its colour; nil for any other input.
func decodeBackground(_ input: mt_input) -> Bool? {
    guard input.kind == MT_INPUT_BACKGROUND else { return nil }
    let (red, green, blue) = (input.value >> 16 & 0xFF, input.value >> 8 & 0xFF, input.value & 0xFF)
    // As bright as the eye takes them for.
    return 299 * red + 587 * green + 114 * blue > 127 * 1000
}

private func decodeCharacter(_ value: UInt32) -> Key? {
    switch value {
    case 0x09: return .tab
    case 0x0A, 0x0D: return .enter
    case 0x1B: return .escape
    case 0x08, 0x7F: return .backspace
    case 0x00: return .control(" ")
    case 0x01...0x1F:
        // Ctrl clears the upper bits of the letter's code: 0x41 for A, 0x5C for a backslash.
        return Unicode.Scalar(value + 0x40).map { .control(Character(String($0).lowercased())) }
    default:
        // C1 control characters are no keys.
        guard !(0x80...0x9F).contains(value) else { return nil }
        return Unicode.Scalar(value).map { .character(Character($0)) }
    }
}

private func decodeFunctionKey(_ code: Int) -> Key? {
    switch code {
    case MT_KEY_UP: .up
    case MT_KEY_DOWN: .down
    case MT_KEY_LEFT: .left
    case MT_KEY_RIGHT: .right
    case MT_KEY_HOME: .home
    case MT_KEY_END: .end
    case MT_KEY_PAGE_UP: .pageUp
    case MT_KEY_PAGE_DOWN: .pageDown
    case MT_KEY_INSERT: .insert
    case MT_KEY_DELETE: .delete
    case MT_KEY_BACKSPACE: .backspace
    case MT_KEY_BACK_TAB: .backTab
    case MT_KEY_ENTER: .enter
    case (MT_KEY_F + 1)...(MT_KEY_F + 63): .function(code - MT_KEY_F)
    default: nil
    }
}
