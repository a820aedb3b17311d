/// An element of a parsed document. Attributes are left out, because S3 says nothing in them.
package struct XMLElement: Sendable, Hashable {
    /// Without its namespace prefix.
    package var name: String
    /// The text directly inside it, with entities resolved and untrimmed.
    package var text = ""
    package var children: [XMLElement] = []

    package init(name: String) { self.name = name }

    /// The text of the first child of that name.
    package subscript(_ name: String) -> String? { children.first { $0.name == name }?.text }

    /// All children of that name.
    package func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
}

extension String {
    /// As the text of an element.
    package var xmlEscaped: String {
        var escaped = ""
        for character in unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            // A parser turns a bare carriage return into a line feed.
            case "\r": escaped += "&#13;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
