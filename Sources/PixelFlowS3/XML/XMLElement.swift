/// An element of a parsed document. Attributes are dropped, because S3 does not use them.
package struct XMLElement: Sendable, Hashable {
    /// Without its namespace prefix.
    package var name: String
    /// The text directly inside the element, with resolved entities, untrimmed.
    package var text = ""
    package var children: [XMLElement] = []

    package init(name: String) { self.name = name }

    /// The text of the first child with this name.
    package subscript(_ name: String) -> String? { children.first { $0.name == name }?.text }

    /// All children with this name.
    package func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
}

extension String {
    /// Escaped as the text of an element.
    package var xmlEscaped: String {
        var escaped = ""
        for character in unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            // A parser would convert a bare carriage return to a line feed.
            case "\r": escaped += "&#13;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
