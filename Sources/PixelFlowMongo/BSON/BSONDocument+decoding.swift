extension BSONDocument {
    /// Decodes a document and everything in it.
    ///
    /// - Throws: `BSONError` if the bytes are not a document.
    init(decoding bytes: UnsafeRawBufferPointer) throws(BSONError) {
        var reader = BSONReader(bytes: bytes)
        self = try reader.document()
    }
}

/// The bytes are not valid BSON.
struct BSONError: Error, Sendable, CustomStringConvertible {
    let description: String
}

/// Decodes one document sequentially. Does not own the bytes.
private struct BSONReader {
    let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var depth = 0
    /// PixelFlow's documents are a few levels deep; a server allows up to 100.
    private static let depthLimit = 128

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func document() throws(BSONError) -> BSONDocument {
        var fields: [BSONDocument.Field] = []
        fields.reserveCapacity(8)
        try elements { name, value in fields.append(BSONDocument.Field(name: name, value: value)) }
        return BSONDocument(fields)
    }

    private mutating func array() throws(BSONError) -> [BSONValue] {
        var values: [BSONValue] = []
        try elements { _, value in values.append(value) }
        return values
    }

    private mutating func elements(_ take: (String, BSONValue) -> Void) throws(BSONError) {
        depth += 1
        defer { depth -= 1 }
        guard depth < Self.depthLimit else { throw BSONError(description: "too many levels") }
        let start = position
        let length = Int(try number(UInt32.self))
        guard length >= 5, start + length <= bytes.count else { throw BSONError(description: "a document that is cut off") }
        while true {
            let type = try number(UInt8.self)
            if type == 0 { break }
            let name = try name()
            take(name, try value(of: type))
        }
        guard position == start + length else { throw BSONError(description: "a document of the wrong length") }
    }

    private mutating func value(of type: UInt8) throws(BSONError) -> BSONValue {
        switch type {
        case 0x01: return .double(Double(bitPattern: try number(UInt64.self)))
        case 0x02: return .string(try string())
        case 0x03: return .document(try document())
        case 0x04: return .array(try array())
        case 0x08: return .bool(try number(UInt8.self) != 0)
        case 0x0a: return .null
        case 0x10: return .int(Int64(try number(Int32.self)))
        // A date is encoded as milliseconds since 1970.
        case 0x09, 0x12: return .int(try number(Int64.self))
        default:
            try skip(type)
            return .other
        }
    }

    private mutating func skip(_ type: UInt8) throws(BSONError) {
        switch type {
        case 0x05: try advance(Int(try number(UInt32.self)) + 1)
        case 0x07: try advance(12)
        case 0x0b:
            _ = try name()
            _ = try name()
        case 0x0d, 0x0e: _ = try string()
        case 0x11: try advance(8)
        case 0x13: try advance(16)
        case 0x06, 0x7f, 0xff: break
        default: throw BSONError(description: "unknown type \(type)")
        }
    }

    private mutating func name() throws(BSONError) -> String {
        var end = position
        while end < bytes.count, bytes[end] != 0 { end += 1 }
        guard end < bytes.count else { throw BSONError(description: "a name that does not end") }
        defer { position = end + 1 }
        return String(decoding: bytes[position..<end], as: UTF8.self)
    }

    private mutating func string() throws(BSONError) -> String {
        let length = Int(try number(UInt32.self))
        let start = position
        guard length >= 1 else { throw BSONError(description: "a text without end") }
        try advance(length)
        return String(decoding: bytes[start..<(start + length - 1)], as: UTF8.self)
    }

    private mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) throws(BSONError) -> Number {
        let start = position
        try advance(MemoryLayout<Number>.size)
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: Number.self))
    }

    private mutating func advance(_ count: Int) throws(BSONError) {
        guard count >= 0, position + count <= bytes.count else { throw BSONError(description: "a value that is cut off") }
        position += count
    }
}
