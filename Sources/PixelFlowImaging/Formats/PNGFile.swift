/// The chunks of a PNG file (W3C PNG, third edition, section 5).
enum PNGFile {
    /// Width and height from the header; nil without one.
    static func size(_ bytes: UnsafeRawBufferPointer) -> PixelSize? {
        let reader = ByteReader(bytes)
        guard reader.has("IHDR", at: 12), let width = reader.number(at: 16, width: 4), let height = reader.number(at: 20, width: 4) else {
            return nil
        }
        // The specification limits both to 31 bits.
        return max(width, height) <= Int32.max ? (width, height) : nil
    }

    static func structure(of bytes: UnsafeRawBufferPointer) -> FileStructure {
        let reader = ByteReader(bytes)
        var offset = 8
        var hasData = false
        var hasPalette = false
        while let length = reader.number(at: offset, width: 4), reader.contains(offset, length + 12) {
            if reader.has("CgBI", at: offset + 4) { return .unsupported("PNG files of the CgBI variant") }
            if reader.has("IEND", at: offset + 4) { return hasData ? .complete : .broken }
            guard isIntact(reader, offset, length), isKnown(reader, offset) else { return .broken }
            if offset == 8 {
                guard hasHeader(reader) else { return .broken }
                if let size = size(bytes), max(size.width, size.height) > mostPixels {
                    return .unsupported("PNG files of more than 1,000,000 pixels an edge")
                }
            }
            if reader.has("PLTE", at: offset + 4) { hasPalette = true }
            if reader.has("IDAT", at: offset + 4) {
                guard hasPalette || reader.byte(at: colourType) != palette else { return .broken }
                hasData = true
            }
            offset += length + 12
        }
        return .cutOff
    }

    /// Whether the compressed data of an intact file ends too early. Otherwise, a decoder that failed has met damaged data.
    static func lacksData(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let reader = ByteReader(bytes)
        guard let size = size(bytes), let depth = reader.byte(at: 24), let samples = samples[reader.byte(at: colourType) ?? 1] else {
            return false
        }
        var chunks: [UnsafeRawBufferPointer] = []
        var offset = 8
        while let length = reader.number(at: offset, width: 4), let content = reader.slice(at: offset + 8, count: length) {
            if reader.has("IDAT", at: offset + 4) { chunks.append(content) }
            offset += length + 12
        }
        return PNGData(size: size, bitsPerPixel: Int(depth) * samples, isInterlaced: reader.byte(at: 28) == 1).isShort(chunks)
    }

    /// A copy of a file whose EXIF its loader does not read: because it is behind the pixels, or begins with the header that only JPEG has.
    /// Nil for other files.
    static func withEXIFFirst(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        let reader = ByteReader(bytes)
        var offset = 8
        var data: Int?
        while let length = reader.number(at: offset, width: 4), reader.contains(offset, length + 12) {
            if data == nil, reader.has("IDAT", at: offset + 4) { data = offset }
            if reader.has("eXIf", at: offset + 4) {
                let hasHeader = reader.has("Exif\0\0", at: offset + 8)
                guard data != nil || hasHeader else { return nil }
                let chunk = offset..<offset + length + 12
                let plain = hasHeader ? withoutHeader(bytes[chunk]) : Array(bytes[chunk])
                let position = data ?? offset
                return Array(bytes[..<position]) + plain + bytes[position..<chunk.lowerBound] + bytes[chunk.upperBound...]
            }
            if reader.has("IEND", at: offset + 4) { return nil }
            offset += length + 12
        }
        return nil
    }

    /// An `eXIf` chunk without the first six bytes of its content.
    private static func withoutHeader(_ chunk: Slice<UnsafeRawBufferPointer>) -> [UInt8] {
        let checked = Array("eXIf".utf8) + chunk.dropFirst(8 + 6).dropLast(4)
        return UInt32(clamping: checked.count - 4).bigEndianBytes + checked + checked.withUnsafeBytes(crc).bigEndianBytes
    }

    /// PNG_USER_WIDTH_MAX, the default limit of libpng.
    private static let mostPixels = 1_000_000
    private static let colourType = 25
    private static let palette: UInt8 = 3

    /// Whether the file begins with a header that declares allowed values.
    private static func hasHeader(_ reader: ByteReader) -> Bool {
        guard reader.number(at: 8, width: 4) == 13, reader.has("IHDR", at: 12), let size = size(reader.bytes) else { return false }
        guard let depth = reader.byte(at: 24), let depths = depths[reader.byte(at: colourType) ?? 1], depths.contains(depth) else {
            return false
        }
        let isInterlaced = reader.byte(at: 28) ?? 2
        return size.width > 0 && size.height > 0 && reader.has([0, 0], at: 26) && isInterlaced <= 1
    }

    /// Bit depths allowed for each colour type.
    private static let depths: [UInt8: Set<UInt8>] = [
        0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16],
    ]

    /// Samples per pixel for each colour type.
    private static let samples: [UInt8: Int] = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4]

    /// Whether decoders know the chunk, if it is critical.
    private static func isKnown(_ reader: ByteReader, _ offset: Int) -> Bool {
        guard let type = reader.byte(at: offset + 4), type & 0x20 == 0 else { return true }
        return (["IHDR", "PLTE", "IDAT", "IEND"] as [StaticString]).contains { reader.has($0, at: offset + 4) }
    }

    /// Whether the checksum is correct, if the chunk is critical.
    private static func isIntact(_ reader: ByteReader, _ offset: Int, _ length: Int) -> Bool {
        guard let type = reader.byte(at: offset + 4), type & 0x20 == 0 else { return true }
        guard let checked = reader.slice(at: offset + 4, count: length + 4) else { return false }
        return reader.number(at: offset + 8 + length, width: 4) == Int(crc(checked))
    }

    /// The CRC of ISO 3309, as in annex D of the specification.
    private static func crc(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var value: UInt32 = 0xffff_ffff
        for byte in bytes { value = table[Int((value ^ UInt32(byte)) & 0xff)] ^ value >> 8 }
        return value ^ 0xffff_ffff
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xedb8_8320 ^ value >> 1 : value >> 1 }
    }
}
