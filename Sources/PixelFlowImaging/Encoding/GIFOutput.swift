/// The blocks of a GIF file.
enum GIFOutput {
    /// The number of frames in the file.
    static func frameCount(_ file: UnsafeRawBufferPointer) throws -> Int {
        let reader = ByteReader(file)
        var offset = 13 + paletteLength(try reader.bigEndian(at: 10, 1))
        var count = 0
        while true {
            switch try reader.bigEndian(at: offset, 1) {
            case extensionBlock: offset = try endOfData(reader, offset + 2)
            case imageBlock:
                count += 1
                let palette = paletteLength(try reader.bigEndian(at: offset + 9, 1))
                offset = try endOfData(reader, offset + 10 + palette + 1)
            case trailer: return count
            default: throw MalformedFileError()
            }
        }
    }

    private static func paletteLength(_ flags: Int) -> Int { flags & 0x80 == 0 ? 0 : 3 << (flags & 7 + 1) }

    /// The offset after the sub-blocks that begin at `start`.
    private static func endOfData(_ reader: ByteReader, _ start: Int) throws -> Int {
        var offset = start
        while true {
            let length = try reader.bigEndian(at: offset, 1)
            offset += 1 + length
            if length == 0 { return offset }
        }
    }

    private static let extensionBlock = 0x21
    private static let imageBlock = 0x2c
    private static let trailer = 0x3b
}
