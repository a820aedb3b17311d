import KubernetesClient
import Yams

/// YAML with sorted keys, so that the same object is the same text each time.
enum YAMLText {
    static func text(of value: JSONValue) -> String {
        // Serializing a tree of scalars, lists and mappings that we made cannot fail; JSON is YAML besides.
        (try? Yams.serialize(node: node(value), width: -1, allowUnicode: true)) ?? value.text(pretty: true) + "\n"
    }

    private static func node(_ value: JSONValue) -> Yams.Node {
        switch value {
        case .null: Yams.Node("null", Tag(.null))
        case .bool(let flag): Yams.Node(flag ? "true" : "false", Tag(.bool))
        case .integer(let number): Yams.Node(String(number), Tag(.int))
        case .number(let number): Yams.Node(String(number), Tag(.float))
        case .string(let text): .scalar(.init(text, Tag(.str), needsQuotes(text) ? .doubleQuoted : .any))
        case .array(let elements): Yams.Node(elements.map(node))
        case .object(let fields):
            Yams.Node(fields.sorted { $0.key < $1.key }.map { (Yams.Node($0.key), node($0.value)) })
        }
    }

    private static let words: Set<String> = ["", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n"]

    /// Whether a reader would take a bare text for something else than a text.
    private static func needsQuotes(_ text: String) -> Bool {
        if words.contains(text.lowercased()) { return true }
        guard let first = text.first else { return true }
        return (first.isNumber || "+-.".contains(first)) && text.allSatisfy { $0.isHexDigit || "+-._:eExXoO".contains($0) }
    }
}
