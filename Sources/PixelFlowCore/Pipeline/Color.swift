import WireFormats

/// An sRGB colour with straight alpha, 0 to 255 each.
package struct Color: Sendable, Hashable, CustomStringConvertible {
    package var red: UInt8
    package var green: UInt8
    package var blue: UInt8
    package var alpha: UInt8

    package init(red: UInt8, green: UInt8, blue: UInt8, alpha: UInt8 = 255) {
        self.red = red
        self.green = green
        self.blue = blue
        self.alpha = alpha
    }

    package static let white = Color(red: 255, green: 255, blue: 255)
    package static let black = Color(red: 0, green: 0, blue: 0)
    package static let transparent = Color(red: 0, green: 0, blue: 0, alpha: 0)

    /// Parses `#rgb`, `#rrggbb`, `#rrggbbaa`, `white`, `black` or `transparent`; nil for anything else.
    package init?(_ text: String) {
        switch text {
        case "white": self = .white
        case "black": self = .black
        case "transparent": self = .transparent
        default:
            guard text.utf8.first == UInt8(ascii: "#") else { return nil }
            let digits = text.utf8.dropFirst().compactMap(Hexadecimal.value)
            guard digits.count == text.utf8.count - 1 else { return nil }
            switch digits.count {
            case 3: self.init(red: digits[0] * 17, green: digits[1] * 17, blue: digits[2] * 17)
            case 6, 8:
                let bytes = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
                self.init(red: bytes[0], green: bytes[1], blue: bytes[2], alpha: bytes.count == 4 ? bytes[3] : 255)
            default: return nil
            }
        }
    }

    /// `#rrggbb`, or `#rrggbbaa` if it is not opaque.
    package var description: String {
        let channels = alpha == 255 ? [red, green, blue] : [red, green, blue, alpha]
        return "#" + channels.hexadecimal
    }
}
