extension JSONValue {
    /// An error in JSON text, with its position.
    public struct SyntaxError: Error, Sendable, CustomStringConvertible {
        public let reason: String
        /// In bytes from the start.
        public let offset: Int
        public var description: String { "\(reason) at byte \(offset)" }
    }

    /// Reads UTF-8 text. Several times quicker than through `JSONDecoder`, which matters for `-o json` of
    /// a large list.
    /// - Throws: `JSONValue.SyntaxError`.
    public init(parsing bytes: some Sequence<UInt8>) throws(SyntaxError) {
        var parser = JSONParser(bytes: Array(bytes))
        self = try parser.parseDocument()
    }

    /// - Throws: `JSONValue.SyntaxError`.
    public init(parsing text: String) throws(SyntaxError) {
        try self.init(parsing: text.utf8)
    }
}

struct JSONParser {
    private let bytes: [UInt8]
    private var position = 0

    /// Kubernetes' own limit on nesting, 10,000, would not fit on a thread's stack here; no object of it comes near 500.
    private static let maximumDepth = 500

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func parseDocument() throws(JSONValue.SyntaxError) -> JSONValue {
        let value = try parseValue(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw failure("unexpected text after the value") }
        return value
    }

    private func failure(_ reason: String) -> JSONValue.SyntaxError {
        JSONValue.SyntaxError(reason: reason, offset: position)
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    private mutating func parseValue(depth: Int) throws(JSONValue.SyntaxError) -> JSONValue {
        guard depth < Self.maximumDepth else { throw failure("nested too deeply") }
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return try parseObject(depth: depth)
        case UInt8(ascii: "["): return try parseArray(depth: depth)
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case nil: throw failure("unexpected end")
        default: return try parseNumber()
        }
    }

    private mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(JSONValue.SyntaxError) -> JSONValue {
        let end = position + word.utf8CodeUnitCount
        guard end <= bytes.count, bytes[position..<end].elementsEqual(word.description.utf8) else { throw failure("unexpected character") }
        position = end
        return value
    }

    private mutating func parseObject(depth: Int) throws(JSONValue.SyntaxError) -> JSONValue {
        position += 1
        var fields: [String: JSONValue] = [:]
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(fields) }
        repeat {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw failure("a key was expected") }
            let key = try parseString()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("':' was expected") }
            fields[key] = try parseValue(depth: depth + 1)
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw failure("',' or '}' was expected") }
        return .object(fields)
    }

    private mutating func parseArray(depth: Int) throws(JSONValue.SyntaxError) -> JSONValue {
        position += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        repeat {
            elements.append(try parseValue(depth: depth + 1))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw failure("',' or ']' was expected") }
        return .array(elements)
    }

    private mutating func parseNumber() throws(JSONValue.SyntaxError) -> JSONValue {
        let start = position
        while let byte = current, isNumberByte(byte) { position += 1 }
        guard position > start, position - start < 64 else { throw failure("unexpected character") }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if let integer = Int64(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else { throw failure("'\(text)' is not a number") }
        return .number(number)
    }

    private func isNumberByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."): true
        case UInt8(ascii: "e"), UInt8(ascii: "E"): true
        default: false
        }
    }

    private mutating func parseString() throws(JSONValue.SyntaxError) -> String {
        position += 1
        let start = position
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { position += 1 }
        guard current == UInt8(ascii: "\"") else { return try parseEscapedString(from: start) }
        position += 1
        return String(decoding: bytes[start..<(position - 1)], as: UTF8.self)
    }

    private mutating func parseEscapedString(from start: Int) throws(JSONValue.SyntaxError) -> String {
        var text = Array(bytes[start..<position])
        while let byte = current {
            position += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            text.append(contentsOf: String(try parseEscape()).utf8)
        }
        throw failure("unexpected end of a string")
    }

    private mutating func parseEscape() throws(JSONValue.SyntaxError) -> Character {
        guard let byte = current else { throw failure("unexpected end of a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "u"): return Character(try parseUnicodeEscape())
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Character(UnicodeScalar(byte))
        default: throw failure("unknown escape")
        }
    }

    /// Half a surrogate pair becomes U+FFFD, as in Go.
    private mutating func parseUnicodeEscape() throws(JSONValue.SyntaxError) -> UnicodeScalar {
        let replacement: UnicodeScalar = "\u{FFFD}"
        let first = try parseHexDigits()
        guard (0xD800..<0xDC00).contains(first) else { return UnicodeScalar(first) ?? replacement }
        let mark = position
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            position = mark
            return replacement
        }
        let second = try parseHexDigits()
        guard (0xDC00..<0xE000).contains(second) else {
            position = mark
            return replacement
        }
        return UnicodeScalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? replacement
    }

    private mutating func parseHexDigits() throws(JSONValue.SyntaxError) -> UInt32 {
        let digits = String(decoding: bytes[position...].prefix(4), as: UTF8.self)
        guard digits.utf8.count == 4, let value = UInt32(digits, radix: 16) else {
            throw failure("four hexadecimal digits were expected")
        }
        position += 4
        return value
    }
}
