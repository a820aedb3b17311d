extension BSONDocument {
    /// The bytes of the document.
    func encoded() -> [UInt8] {
        var writer = BSONWriter()
        writer.write(self)
        return writer.bytes
    }
}

/// Encodes nested documents in one buffer.
private struct BSONWriter {
    private(set) var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(1024) }

    mutating func write(_ document: BSONDocument) {
        sized { writer in
            for field in document.fields { writer.write(field.name, field.value) }
        }
    }

    private mutating func write(_ name: String, _ value: BSONValue) {
        bytes.append(value.typeCode)
        bytes.append(contentsOf: name.utf8)
        bytes.append(0)
        switch value {
        case .double(let number): append(number.bitPattern)
        case .string(let text):
            append(UInt32(truncatingIfNeeded: text.utf8.count + 1))
            bytes.append(contentsOf: text.utf8)
            bytes.append(0)
        case .document(let document): write(document)
        case .array(let values):
            sized { writer in
                for (index, value) in values.enumerated() { writer.write(String(index), value) }
            }
        case .bool(let flag): bytes.append(flag ? 1 : 0)
        case .int(let number): append(UInt64(bitPattern: number))
        case .null, .other: break
        }
    }

    /// Writes what `body` writes, preceded by its length and followed by a zero byte.
    private mutating func sized(_ body: (inout BSONWriter) -> Void) {
        let start = bytes.count
        append(UInt32(0))
        body(&self)
        bytes.append(0)
        let length = UInt32(truncatingIfNeeded: bytes.count - start)
        for index in 0..<4 { bytes[start + index] = UInt8(truncatingIfNeeded: length >> (8 * UInt32(index))) }
    }

    private mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
}

extension BSONValue {
    /// The type byte before the name of the field.
    fileprivate var typeCode: UInt8 {
        switch self {
        case .double: 0x01
        case .string: 0x02
        case .document: 0x03
        case .array: 0x04
        case .bool: 0x08
        case .null, .other: 0x0a
        case .int: 0x12
        }
    }
}
