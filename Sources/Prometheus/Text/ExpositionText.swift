/// Writes the text exposition format, version 0.0.4.
struct ExpositionText {
    /// The `Content-Type` of a response with this text.
    static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var bytes: [UInt8] = []

    mutating func family(_ name: String, _ kind: MetricDescription.Kind, help: String) {
        bytes += "# HELP \(name) \(Self.escaped(help))\n# TYPE \(name) \(kind.rawValue)\n".utf8
    }

    mutating func sample(_ name: String, _ labels: LabelText, _ value: UInt64) { sample(name, labels, value.description) }
    mutating func sample(_ name: String, _ labels: LabelText, _ value: Double) { sample(name, labels, Self.number(value)) }

    private mutating func sample(_ name: String, _ labels: LabelText, _ value: String) {
        bytes += name.utf8
        if !labels.text.isEmpty {
            bytes.append(UInt8(ascii: "{"))
            bytes += labels.text.utf8
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: " "))
        bytes += value.utf8
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Formats integers without a decimal point as long as they are exact.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 9_007_199_254_740_992 { return Int64(value).description }
        return value.description
    }

    /// Escapes backslash and line feed, as the format requires in help texts.
    private static func escaped(_ help: String) -> String {
        help.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\\": text += #"\\"#
            case "\n": text += #"\n"#
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
