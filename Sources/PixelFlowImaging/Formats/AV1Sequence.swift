/// The colours that an AV1 bitstream declares in its sequence header (AV1 specification, section 5.5), for files whose container
/// declares none.
struct AV1Sequence: Equatable {
    /// Code points of ITU-T H.273; 2 if they are not specified.
    private(set) var primaries = 2
    private(set) var transfer = 2
    private(set) var isGrey = false
    /// Whether black is 16 and white is 235, of 255.
    private(set) var isNarrow = false

    /// - Parameter obus: open bitstream units, the first ones of the picture.
    /// - Returns: nil without a sequence header, or if it has timing information, which only video has.
    init?(_ obus: Range<Int>, _ reader: ByteReader) {
        var offset = obus.lowerBound
        for _ in 0..<Self.mostUnits {
            guard offset < obus.upperBound, let head = reader.byte(at: offset), head & 0x02 != 0 else { return nil }
            offset += head & 0x04 == 0 ? 1 : 2
            guard let length = Self.leb128(reader, &offset), reader.contains(offset, length) else { return nil }
            // OBU_SEQUENCE_HEADER.
            if head >> 3 & 15 == 1 {
                guard let bytes = reader.slice(at: offset, count: length) else { return nil }
                self.init(header: BitReader(bytes))
                return
            }
            offset += length
        }
        return nil
    }

    /// A temporal delimiter, metadata and padding may come first.
    private static let mostUnits = 16

    private init?(header: BitReader) {
        var bits = header
        do {
            let profile = try bits.next(3)
            try bits.skip(1)
            let isReduced = try bits.flag()
            if isReduced {
                try bits.skip(5)
            } else {
                guard try !bits.flag() else { return nil }
                let hasDelays = try bits.flag()
                for _ in 0...(try bits.next(5)) {
                    try bits.skip(12)
                    if try bits.next(5) > 7 { try bits.skip(1) }
                    if hasDelays, try bits.flag() { try bits.skip(4) }
                }
            }
            let (width, height) = (try bits.next(4), try bits.next(4))
            try bits.skip(width + height + 2)
            if !isReduced, try bits.flag() { try bits.skip(7) }
            try bits.skip(3)
            if !isReduced { try Self.skipTools(&bits) }
            try bits.skip(3)
            try readColours(&bits, profile)
        } catch {
            return nil
        }
    }

    /// The flags of tools for moving pictures.
    private static func skipTools(_ bits: inout BitReader) throws(BitReader.EndError) {
        try bits.skip(4)
        let hasOrder = try bits.flag()
        if hasOrder { try bits.skip(2) }
        // Both "choose" flags mean that each frame decides.
        let screenContent = try bits.flag() ? 2 : try bits.next(1)
        if screenContent > 0, try !bits.flag() { try bits.skip(1) }
        if hasOrder { try bits.skip(3) }
    }

    private mutating func readColours(_ bits: inout BitReader, _ profile: Int) throws(BitReader.EndError) {
        let isDeep = try bits.flag()
        if profile == 2, isDeep { try bits.skip(1) }
        isGrey = profile == 1 ? false : try bits.flag()
        var matrix = 2
        if try bits.flag() { (primaries, transfer, matrix) = (try bits.next(8), try bits.next(8), try bits.next(8)) }
        // sRGB without a matrix has the full range and no flag.
        if !isGrey, (primaries, transfer, matrix) == (1, 13, 0) { return }
        isNarrow = try !bits.flag()
    }

    /// A length of up to eight bytes, seven bits each, the lowest ones first.
    private static func leb128(_ reader: ByteReader, _ offset: inout Int) -> Int? {
        var value = 0
        for index in 0..<8 {
            guard let byte = reader.byte(at: offset) else { return nil }
            offset += 1
            value |= Int(byte & 0x7f) << (index * 7)
            if byte & 0x80 == 0 { return value }
        }
        return nil
    }
}

/// Reads bits, the highest one of each byte first.
struct BitReader {
    struct EndError: Error {}

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// - Parameter count: at most 32.
    mutating func next(_ count: Int) throws(EndError) -> Int {
        guard position + count <= bytes.count * 8 else { throw EndError() }
        defer { position += count }
        return (position..<position + count).reduce(0) { $0 << 1 | Int(bytes[$1 / 8] >> (7 - $1 % 8) & 1) }
    }

    mutating func flag() throws(EndError) -> Bool { try next(1) == 1 }

    mutating func skip(_ count: Int) throws(EndError) {
        guard position + count <= bytes.count * 8 else { throw EndError() }
        position += count
    }
}
