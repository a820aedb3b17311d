/// Converts names from libraries to valid Prometheus names.
enum MetricName {
    /// The name of a counter ends in `_total`.
    static func counter(_ label: String) -> String {
        let name = metric(label)
        return name.hasSuffix("_total") ? name : name + "_total"
    }

    /// Timers are exported in seconds, so their names end in `_seconds`.
    static func timer(_ label: String) -> String {
        let name = metric(label)
        return name.hasSuffix("_seconds") ? name : name + "_seconds"
    }

    static func metric(_ label: String) -> String { sanitized(label, colons: true) }
    static func label(_ name: String) -> String { sanitized(name, colons: false) }

    /// Keeps letters, digits and underscores, and prevents a leading digit.
    private static func sanitized(_ text: String, colons: Bool) -> String {
        let name = String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar {
                    case "a"..."z", "A"..."Z", "0"..."9", "_": scalar
                    case ":" where colons: scalar
                    default: "_"
                    }
                }))
        guard let first = name.utf8.first else { return "_" }
        return (0x30...0x39).contains(first) ? "_" + name : name
    }
}

/// The formatted labels of a series, `a="b",c="d"`, sorted by name.
struct LabelText: Sendable, Hashable {
    let text: String

    static let none = LabelText([])

    init(_ labels: [(String, String)]) {
        text = labels.map { (MetricName.label($0), $1) }.sorted { $0.0 < $1.0 }.map { #"\#($0)="\#(Self.escaped($1))""# }
            .joined(separator: ",")
    }

    private init(text: String) { self.text = text }

    /// A copy with one more label at the end; `value` is not escaped.
    func adding(_ name: String, _ value: String) -> LabelText {
        LabelText(text: text.isEmpty ? #"\#(name)="\#(value)""# : #"\#(text),\#(name)="\#(value)""#)
    }

    /// Escapes backslash, quote and line feed, as the format requires in values.
    private static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == 0x5c || $0 == 0x22 || $0 == 0x0a }) else { return value }
        return value.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\\": text += #"\\"#
            case "\"": text += #"\""#
            case "\n": text += #"\n"#
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
