/// The blocks of a GIF file, GIF89a.
struct GIFFile {
    let structure: FileStructure
    /// Whether nothing but the last byte is missing.
    let lacksTrailer: Bool

    static let trailer: UInt8 = 0x3b

    init(_ bytes: UnsafeRawBufferPointer) {
        let reader = ByteReader(bytes)
        var offset = 13 + Self.tableSize(reader.byte(at: 10))
        var images = 0
        var ending = FileStructure.cutOff
        var isAtBlock = true
        blocks: while let introducer = reader.byte(at: offset) {
            switch introducer {
            case Self.trailer:
                ending = images > 0 ? .whole : .broken
                isAtBlock = false
                break blocks
            case 0x21: isAtBlock = Self.skipData(reader, &offset, header: 2)
            case 0x2c:
                isAtBlock = Self.skipData(reader, &offset, header: 11 + Self.tableSize(reader.byte(at: offset + 9)))
                images += isAtBlock ? 1 : 0
            default:
                ending = .broken
                isAtBlock = false
            }
            if !isAtBlock { break }
        }
        structure = ending
        lacksTrailer = isAtBlock && images > 0 && offset == reader.count
    }

    /// Bytes of the colour table that a byte of flags announces.
    private static func tableSize(_ flags: UInt8?) -> Int {
        guard let flags, flags & 0x80 != 0 else { return 0 }
        return 3 << (Int(flags & 7) + 1)
    }

    /// Goes behind the data of a block; false where they are not all there.
    private static func skipData(_ reader: ByteReader, _ offset: inout Int, header: Int) -> Bool {
        var next = offset + header
        while let length = reader.byte(at: next) {
            next += Int(length) + 1
            if length == 0 {
                offset = next
                return true
            }
        }
        return false
    }
}
