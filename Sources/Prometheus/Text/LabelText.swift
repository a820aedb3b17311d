/// The labels of a series as they are written, `a="b",c="d"`, in the order of their names.
struct LabelText: Sendable, Hashable {
    let text: String

    static let none = LabelText([])

    init(_ labels: [(String, String)]) {
        text = labels.map { (MetricName.label($0), $1) }.sorted { $0.0 < $1.0 }.map { #"\#($0)="\#(Self.escaped($1))""# }
            .joined(separator: ",")
    }

    private init(text: String) { self.text = text }

    /// The same with one more at the end; `value` is written as it is.
    func adding(_ name: String, _ value: String) -> LabelText {
        LabelText(text: text.isEmpty ? #"\#(name)="\#(value)""# : #"\#(text),\#(name)="\#(value)""#)
    }

    /// The format escapes backslash, quote and line feed in a value.
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
