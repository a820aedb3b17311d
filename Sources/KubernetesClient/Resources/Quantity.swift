/// An amount of CPU time or memory: `250m`, `128Mi`, `1.5`.
public struct Quantity: Sendable, Hashable {
    /// As written.
    public let text: String
    /// In cores or bytes.
    public let value: Double

    /// Nil if the text is not a quantity.
    public init?(_ text: String) {
        let digits = text.prefix { $0.isNumber || $0 == "." || $0 == "-" || $0 == "+" }
        guard let number = Double(digits), let factor = Self.factor(String(text[digits.endIndex...])) else { return nil }
        self.text = text
        self.value = number * factor
    }

    private static func factor(_ suffix: String) -> Double? {
        switch suffix {
        case "": 1
        case "n": 1e-9
        case "u": 1e-6
        case "m": 1e-3
        case "k": 1e3
        case "M": 1e6
        case "G": 1e9
        case "T": 1e12
        case "P": 1e15
        case "E": 1e18
        case "Ki": 1_024
        case "Mi": 1_048_576
        case "Gi": 1_073_741_824
        case "Ti": 1_099_511_627_776
        case "Pi": 1_125_899_906_842_624
        case "Ei": 1_152_921_504_606_846_976
        default: exponent(suffix)
        }
    }

    /// `1e3`, `1E-2`
    private static func exponent(_ suffix: String) -> Double? {
        guard suffix.first == "e" || suffix.first == "E" else { return nil }
        return Double("1" + suffix)
    }
}

extension Quantity: Codable {
    /// Also accepts a bare number. A string that is not a quantity decodes as 0.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try (try? container.decode(String.self)) ?? String(container.decode(Double.self))
        self = Quantity(text) ?? Quantity(unreadable: text)
    }

    private init(unreadable text: String) {
        self.text = text
        self.value = 0
    }

    public func encode(to encoder: any Encoder) throws {
        try text.encode(to: encoder)
    }
}

/// A number or a string: a port may have a name, and `maxSurge` may be a percentage.
public enum IntOrString: Codable, Sendable, Hashable, CustomStringConvertible {
    case int(Int)
    case string(String)

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Int.self) {
            self = .int(value)
        } else {
            self = .string(try container.decode(String.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .int(let value): try value.encode(to: encoder)
        case .string(let value): try value.encode(to: encoder)
        }
    }

    public var description: String {
        switch self {
        case .int(let value): String(value)
        case .string(let value): value
        }
    }
}
