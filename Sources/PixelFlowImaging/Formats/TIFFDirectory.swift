/// The entries of the first directory of a TIFF file (TIFF 6.0, BigTIFF) that define the meaning of the samples.
///
/// libvips does not expose enough to distinguish an alpha channel from a selection.
struct TIFFDirectory {
    enum FormatError: Error { case cutOff, broken }

    enum Tag: Int {
        case subfileType = 254, width = 256, height, bits, compression
        case photometric = 262
        case stripOffsets = 273
        case samples = 277
        case stripLengths = 279
        case planes = 284
        case predictor = 317, whitePoint
        case tileWidth = 322, tileHeight
        case tileOffsets = 324, tileLengths
        case subdirectories = 330
        case inkSet = 332
        case extraSamples = 338, sampleFormat
        case rawVersion = 50706
    }

    private let reader: ByteReader
    /// The offset, number and width of the values of each entry of integers.
    private var entries: [Int: (offset: Int, count: Int, width: Int)] = [:]
    /// The offset and number of the values of each entry of fractions.
    private var fractions: [Int: (offset: Int, count: Int)] = [:]
    /// The offset of each entry itself.
    private var offsets: [Int: Int] = [:]
    /// Whether the values of any entry lie outside the file.
    private(set) var lacksValues = false
    /// The size of a count or an offset in bytes: 4, or 8 in BigTIFF.
    private var word = 4

    init(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
        var reader = ByteReader(bytes)
        reader.isLittleEndian = reader.has("II")
        self.reader = reader
        switch reader.number(at: 2, width: 2) {
        case 42: try read(header: 4, pointer: 4, counter: 2)
        case 43: try read(header: 8, pointer: 8, counter: 8)
        default: throw .broken
        }
    }

    /// The integers of an entry; empty if it is missing or a value lies outside the file.
    func values(_ tag: Tag, most: Int = 4096) -> [Int] {
        guard let entry = entries[tag.rawValue] else { return [] }
        let values = (0..<min(entry.count, most)).compactMap {
            reader.number(at: entry.offset + $0 * entry.width, width: entry.width)
        }
        return values.count == min(entry.count, most) ? values : []
    }

    func value(_ tag: Tag) -> Int? { values(tag, most: 1).first }

    func has(_ tag: Tag) -> Bool { entries[tag.rawValue] != nil }

    /// Width and height; nil if either is missing.
    var size: PixelSize? { value(.width).flatMap { width in value(.height).map { (width, $0) } } }

    /// The unsigned fractions of an entry; empty if it is missing, has another type or a zero as a denominator.
    func ratios(_ tag: Tag, count: Int) -> [Double] {
        guard let entry = fractions[tag.rawValue], entry.count >= count else { return [] }
        let values = (0..<count).compactMap { index -> Double? in
            guard let above = reader.number(at: entry.offset + index * 8, width: 4),
                let below = reader.number(at: entry.offset + index * 8 + 4, width: 4), below > 0
            else { return nil }
            return Double(above) / Double(below)
        }
        return values.count == count ? values : []
    }

    /// Replaces the first value of an entry in a copy of the file.
    func set(_ tag: Tag, to value: Int, in file: UnsafeMutableRawBufferPointer) {
        guard let entry = entries[tag.rawValue], entry.count > 0 else { return }
        write(value, entry.width, to: file, at: entry.offset)
    }

    /// Makes decoders ignore an entry in a copy of the file: its tag becomes a private one.
    func hide(_ tag: Tag, in file: UnsafeMutableRawBufferPointer) {
        if let offset = offsets[tag.rawValue] { write(Self.unusedTag, 2, to: file, at: offset) }
    }

    private func write(_ value: Int, _ width: Int, to file: UnsafeMutableRawBufferPointer, at offset: Int) {
        guard offset >= 0, offset + width <= file.count else { return }
        for index in 0..<width {
            let byte = reader.isLittleEndian ? index : width - 1 - index
            file[offset + byte] = UInt8(truncatingIfNeeded: value >> (index * 8))
        }
    }

    private static let unusedTag = 65_000

    /// - Parameters: the widths in bytes of a directory offset and of the entry count.
    private mutating func read(header: Int, pointer: Int, counter: Int) throws(FormatError) {
        guard let start = reader.number(at: header, width: pointer) else { throw .cutOff }
        guard start >= header + pointer else { throw .broken }
        guard let count = reader.number(at: start, width: counter) else { throw .cutOff }
        guard (1...Self.mostEntries).contains(count) else { throw .broken }
        word = pointer
        let length = 4 + 2 * pointer
        guard reader.contains(start + counter, count * length) else { throw .cutOff }
        for index in 0..<count { add(start + counter + index * length, pointer) }
    }

    private mutating func add(_ entry: Int, _ pointer: Int) {
        guard let tag = reader.number(at: entry, width: 2), let type = reader.number(at: entry + 2, width: 2) else { return }
        guard let width = Self.widths[type], let count = reader.number(at: entry + 4, width: pointer) else { return }
        let field = entry + 4 + pointer
        let length = count.multipliedReportingOverflow(by: width)
        guard !length.overflow else { return }
        guard let offset = length.partialValue <= pointer ? field : reader.number(at: field, width: pointer) else { return }
        lacksValues = lacksValues || !reader.contains(offset, length.partialValue)
        offsets[tag] = entry
        if Self.integers.contains(type) { entries[tag] = (offset, count, width) }
        if type == Self.fraction { fractions[tag] = (offset, count) }
    }

    /// The widths in bytes of the types BYTE to DOUBLE, IFD, and LONG8 to IFD8.
    private static let widths = [
        1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8,
    ]
    /// The unsigned integer types.
    private static let integers: Set = [1, 3, 4, 13, 16, 18]
    /// The type of two unsigned integers, the second of which divides the first.
    private static let fraction = 5
    private static let mostEntries = 4096
}

extension TIFFDirectory {
    /// The compression that this build of libtiff lacks if `text` is its message, in the plural.
    static func missingCompression(_ bytes: UnsafeRawBufferPointer, _ text: String) -> String? {
        guard text.contains("decoding is not implemented") || text.contains("support is not configured") else { return nil }
        guard let compression = try? TIFFDirectory(bytes).value(.compression) else { return nil }
        return "TIFF files with compression \(compression)"
    }

    static func structure(of bytes: UnsafeRawBufferPointer) -> FileStructure {
        do {
            let directory = try TIFFDirectory(bytes)
            if let name = directory.unsupported { return .unsupported(name) }
            return directory.lacksValues || directory.hasDataOutside ? .cutOff : .complete
        } catch {
            return error == .cutOff ? .cutOff : .broken
        }
    }

    /// Whether a strip or a tile, or the list of them, extends beyond the end of the file.
    private var hasDataOutside: Bool {
        for (offsets, lengths) in [(Tag.stripOffsets, Tag.stripLengths), (.tileOffsets, .tileLengths)] where has(offsets) {
            let starts = values(offsets, most: Self.mostStrips)
            let counts = values(lengths, most: Self.mostStrips)
            if starts.isEmpty || counts.isEmpty || zip(starts, counts).contains(where: { !reader.contains($0, $1) }) { return true }
        }
        return false
    }

    /// The maximum number of strips: one for each line of the largest image.
    private static let mostStrips = 1 << 20
}
