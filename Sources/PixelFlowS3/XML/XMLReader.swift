/// Parses the small documents in responses of S3.
///
/// It is strict: it rejects malformed documents and document type declarations, which S3 never sends but
/// attackers do. Size and depth are bounded by the caller's bytes and `maximumDepth`.
package struct XMLReader {
    /// S3's deepest responses have five levels.
    static let maximumDepth = 16

    private var cursor: XMLCursor

    private init(_ bytes: [UInt8]) { cursor = XMLCursor(bytes) }

    /// - Returns: the root element.
    /// - Throws: `XMLError` if the bytes are not a single well-formed UTF-8 document.
    package static func read(_ bytes: some Sequence<UInt8>) throws(XMLError) -> XMLElement {
        var reader = XMLReader(Array(bytes))
        return try reader.document()
    }

    private mutating func document() throws(XMLError) -> XMLElement {
        cursor.skip("\u{FEFF}")
        try skipMiscellany()
        guard cursor.skip("<") else { throw cursor.error("a root element is missing") }
        let root = try element(depth: 1)
        try skipMiscellany()
        guard cursor.isAtEnd else { throw cursor.error("something follows the root element") }
        return root
    }

    /// Consumes whitespace, comments and processing instructions around the root.
    private mutating func skipMiscellany() throws(XMLError) {
        while true {
            cursor.skipSpace()
            if cursor.skip("<?") {
                try cursor.skip(past: "?>")
            } else if cursor.skip("<!--") {
                try cursor.skip(past: "-->")
            } else {
                return
            }
        }
    }

    /// Parses an element whose `<` has been consumed.
    private mutating func element(depth: Int) throws(XMLError) -> XMLElement {
        guard depth <= Self.maximumDepth else { throw cursor.error("elements are nested too deeply") }
        let name = try cursor.name()
        var element = XMLElement(name: Self.local(name))
        if try skipAttributes() { return element }
        var text: [UInt8] = []
        while true {
            try cursor.text(into: &text)
            if cursor.skip("</") {
                guard try cursor.name() == name else { throw cursor.error("an end tag does not match") }
                cursor.skipSpace()
                guard cursor.skip(">") else { throw cursor.error("an end tag is not closed") }
                element.text = try cursor.string(text)
                return element
            } else if cursor.skip("<![CDATA[") {
                text += try cursor.take(until: "]]>")
            } else if cursor.skip("<!--") {
                try cursor.skip(past: "-->")
            } else if cursor.skip("<?") {
                try cursor.skip(past: "?>")
            } else if cursor.skip("<") {
                element.children.append(try self.element(depth: depth + 1))
            } else {
                throw cursor.error("an element is not closed")
            }
        }
    }

    /// - Returns: whether the tag is self-closing, as in `<a/>`.
    private mutating func skipAttributes() throws(XMLError) -> Bool {
        while true {
            let hadSpace = cursor.skipSpace()
            if cursor.skip("/>") { return true }
            if cursor.skip(">") { return false }
            guard hadSpace else { throw cursor.error("a tag is not closed") }
            _ = try cursor.name()
            cursor.skipSpace()
            guard cursor.skip("=") else { throw cursor.error("an attribute has no value") }
            cursor.skipSpace()
            try cursor.skipQuoted()
        }
    }

    private static func local(_ name: String) -> String {
        name.lastIndex(of: ":").map { String(name[name.index(after: $0)...]) } ?? name
    }
}

/// Why a document could not be parsed.
package struct XMLError: Error, Sendable, Hashable, CustomStringConvertible {
    package var reason: String
    /// The position in bytes.
    package var offset: Int

    package var description: String { "malformed XML at byte \(offset): \(reason)" }
}
