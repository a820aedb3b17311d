/// The blocks of a GIF file (GIF89a).
struct GIFFile {
    let structure: FileStructure
    /// Whether only the trailer byte is missing.
    let lacksTrailer: Bool

    /// Frames with complete data.
    private(set) var frames: [GIFFrame] = []

    static let trailer: UInt8 = 0x3b

    /// The size of the canvas on which frames are drawn. libnsgif ignores common screen sizes and large ones.
    static func canvas(_ bytes: UnsafeRawBufferPointer) -> PixelSize? {
        let reader = ByteReader(bytes, isLittleEndian: true)
        return reader.number(at: 6, width: 2).flatMap { width in reader.number(at: 8, width: 2).map { (width, $0) } }
    }

    /// - Parameter countsPixels: whether to count the pixels of each frame to detect missing ones. This takes a fraction of the
    ///   decoding time. libnsgif leaves missing pixels black without an error.
    init(_ bytes: UnsafeRawBufferPointer, countsPixels: Bool = false) {
        let reader = ByteReader(bytes)
        var offset = 13 + Self.tableSize(reader.byte(at: 10))
        var control: Int?
        var ending = FileStructure.cutOff
        var isAtBlock = true
        blocks: while let introducer = reader.byte(at: offset) {
            switch introducer {
            case Self.trailer:
                ending = frames.isEmpty ? .broken : .complete
                isAtBlock = false
                break blocks
            case 0x21:
                if reader.has([0xf9, 4], at: offset + 1) { control = offset }
                isAtBlock = Self.skipData(reader, &offset, header: 2)
            case 0x2c:
                let image = offset
                let header = 10 + Self.tableSize(reader.byte(at: offset + 9))
                isAtBlock = Self.skipData(reader, &offset, header: header + 1)
                if isAtBlock, countsPixels, let fault = Self.fault(reader, image, data: image + header) {
                    ending = fault
                    isAtBlock = false
                }
                if isAtBlock { frames.append(GIFFrame(start: image, control: control, data: image + header, end: offset)) }
                control = nil
            default:
                ending = .broken
                isAtBlock = false
            }
            if !isAtBlock { break }
        }
        structure = ending
        lacksTrailer = isAtBlock && !frames.isEmpty && offset == reader.count
    }

    /// The fault of a frame that lacks more than one line of the pixels that its size declares; some encoders write slightly too few.
    private static func fault(_ reader: ByteReader, _ image: Int, data: Int) -> FileStructure? {
        var reader = reader
        reader.isLittleEndian = true
        guard let width = reader.number(at: image + 5, width: 2), let height = reader.number(at: image + 7, width: 2) else {
            return .cutOff
        }
        let wanted = width * max(0, height - 1)
        var codes = GIFCodes(reader, at: data)
        guard codes.pixels(atLeast: wanted) < wanted else { return nil }
        return codes.isInvalid ? .broken : .cutOff
    }

    /// The size in bytes of the colour table that a flags byte declares.
    private static func tableSize(_ flags: UInt8?) -> Int {
        guard let flags, flags & 0x80 != 0 else { return 0 }
        return 3 << (Int(flags & 7) + 1)
    }

    /// Advances past the data of a block; false if the data is incomplete.
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
