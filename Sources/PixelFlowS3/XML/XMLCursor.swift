/// A position in a document.
struct XMLCursor {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    func error(_ reason: String) -> XMLError { XMLError(reason: reason, offset: offset) }

    /// Consumes `token` if it is next.
    @discardableResult
    mutating func skip(_ token: String) -> Bool {
        guard bytes[offset...].starts(with: token.utf8) else { return false }
        offset += token.utf8.count
        return true
    }

    @discardableResult
    mutating func skipSpace() -> Bool {
        let start = offset
        while offset < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[offset]) { offset += 1 }
        return offset > start
    }

    mutating func skip(past token: String) throws(XMLError) { _ = try take(until: token) }

    /// Returns the bytes before `token`, and consumes both.
    mutating func take(until token: String) throws(XMLError) -> ArraySlice<UInt8> {
        let start = offset
        while offset < bytes.count {
            let end = offset
            if skip(token) { return bytes[start..<end] }
            offset += 1
        }
        throw error("\(token) is missing")
    }

    mutating func name() throws(XMLError) -> String {
        let start = offset
        while offset < bytes.count, Self.isName(bytes[offset]) { offset += 1 }
        guard offset > start, Self.canBeginName(bytes[start]) else { throw error("a name is missing") }
        return try string(Array(bytes[start..<offset]))
    }

    /// Consumes the value of an attribute.
    mutating func skipQuoted() throws(XMLError) {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") || bytes[offset] == UInt8(ascii: "'") else {
            throw error("an attribute is not quoted")
        }
        let quote = bytes[offset]
        offset += 1
        while offset < bytes.count, bytes[offset] != quote {
            guard bytes[offset] != UInt8(ascii: "<") else { throw error("< in an attribute") }
            offset += 1
        }
        guard offset < bytes.count else { throw error("an attribute is not closed") }
        offset += 1
    }

    /// Appends the text before the next `<`, with resolved entities.
    mutating func text(into text: inout [UInt8]) throws(XMLError) {
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "<") {
            if bytes[offset] == UInt8(ascii: "&") {
                text += try entity()
            } else {
                text.append(bytes[offset])
                offset += 1
            }
        }
    }

    /// The length of the longest supported entity, `&#1114111;`, with a margin.
    private static let longestEntity = 12

    private mutating func entity() throws(XMLError) -> [UInt8] {
        let end = bytes[offset...].prefix(Self.longestEntity).firstIndex(of: UInt8(ascii: ";"))
        guard let end else { throw error("an entity is not closed") }
        let name = String(decoding: bytes[(offset + 1)..<end], as: UTF8.self)
        guard let character = Self.character(name) else { throw error("an entity is unknown") }
        offset = end + 1
        return Array(String(character).utf8)
    }

    private static func character(_ entity: String) -> Unicode.Scalar? {
        switch entity {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default:
            let isHexadecimal = entity.hasPrefix("#x")
            let digits = entity.dropFirst(isHexadecimal ? 2 : 1)
            guard entity.hasPrefix("#"), digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) else { return nil }
            return UInt32(digits, radix: isHexadecimal ? 16 : 10).flatMap { $0 == 0 ? nil : Unicode.Scalar($0) }
        }
    }

    /// - Throws: if the bytes are not UTF-8.
    func string(_ bytes: [UInt8]) throws(XMLError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw error("the text is not UTF-8") }
        return text
    }

    private static func canBeginName(_ byte: UInt8) -> Bool {
        isName(byte) && byte != UInt8(ascii: "-") && byte != UInt8(ascii: ".") && !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), 0x80...:
            true
        default: false
        }
    }
}
