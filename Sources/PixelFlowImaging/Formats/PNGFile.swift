/// The chunks of a PNG file, W3C PNG (third edition) section 5.
enum PNGFile {
    static func structure(of bytes: UnsafeRawBufferPointer) -> FileStructure {
        let reader = ByteReader(bytes)
        var offset = 8
        var hasData = false
        while let length = reader.number(at: offset, width: 4), reader.contains(offset, length + 12) {
            if reader.has("CgBI", at: offset + 4) { return .unsupported("PNG files of the CgBI variant") }
            if reader.has("IEND", at: offset + 4) { return hasData ? .whole : .broken }
            guard isIntact(reader, offset, length) else { return .broken }
            if reader.has("IDAT", at: offset + 4) { hasData = true }
            offset += length + 12
        }
        return .cutOff
    }

    /// Whether the checksum of a chunk that cannot be done without is right.
    private static func isIntact(_ reader: ByteReader, _ offset: Int, _ length: Int) -> Bool {
        guard let type = reader.byte(at: offset + 4), type & 0x20 == 0 else { return true }
        guard let checked = reader.slice(at: offset + 4, count: length + 4) else { return false }
        return reader.number(at: offset + 8 + length, width: 4) == Int(crc(checked))
    }

    /// The CRC of ISO 3309 that annex D of the specification names.
    private static func crc(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var value: UInt32 = 0xffff_ffff
        for byte in bytes { value = table[Int((value ^ UInt32(byte)) & 0xff)] ^ value >> 8 }
        return value ^ 0xffff_ffff
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xedb8_8320 ^ value >> 1 : value >> 1 }
    }
}
