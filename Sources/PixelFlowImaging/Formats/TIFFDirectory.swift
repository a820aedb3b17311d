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
        case tileOffsets = 324, tileLengths
        case subdirectories = 330
        case inkSet = 332
        case extraSamples = 338, sampleFormat
        case rawVersion = 50706
    }

    private let reader: ByteReader
    /// The offset, number and width of the values of each entry.
    private var entries: [Int: (offset: Int, count: Int, width: Int)] = [:]
    /// The offset of each entry itself.
    private var places: [Int: Int] = [:]
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

    /// Modifies a copy of the file so that only its first plane remains.
    ///
    /// libvips misreads several planes of grey: it reads the lines of one plane as those of all planes.
    func keepFirstPlane(of file: UnsafeMutableRawBufferPointer) {
        for tag in [Tag.samples, .planes] {
            if let entry = places[tag.rawValue] { write(1, to: file, at: entry + 4 + word) }
        }
        // A single sample must not have extra samples. A private tag makes decoders ignore the entry.
        if let entry = places[Tag.extraSamples.rawValue] { write(Self.unusedTag, to: file, at: entry) }
    }

    private func write(_ value: UInt16, to file: UnsafeMutableRawBufferPointer, at offset: Int) {
        guard offset + 2 <= file.count else { return }
        file.storeBytes(of: reader.isLittleEndian ? value.littleEndian : value.bigEndian, toByteOffset: offset, as: UInt16.self)
    }

    private static let unusedTag: UInt16 = 65_000

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
        let place = entry + 4 + pointer
        let length = count.multipliedReportingOverflow(by: width)
        guard !length.overflow else { return }
        guard let offset = length.partialValue <= pointer ? place : reader.number(at: place, width: pointer) else { return }
        lacksValues = lacksValues || !reader.contains(offset, length.partialValue)
        places[tag] = entry
        if Self.integers.contains(type) { entries[tag] = (offset, count, width) }
    }

    /// The widths in bytes of the types BYTE to DOUBLE, IFD, and LONG8 to IFD8.
    private static let widths = [
        1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8,
    ]
    /// The unsigned integer types.
    private static let integers: Set = [1, 3, 4, 13, 16, 18]
    private static let mostEntries = 4096
}

extension TIFFDirectory {
    static func structure(of bytes: UnsafeRawBufferPointer) -> FileStructure {
        do {
            let directory = try TIFFDirectory(bytes)
            if let name = directory.unsupported { return .unsupported(name) }
            if directory.lacksValues || directory.hasDataOutside { return .cutOff }
            let compression = directory.value(.compression) ?? 1
            // If a build of libtiff lacks a compression, the file is not necessarily damaged.
            return commonCompressions.contains(compression) ? .whole : .unsupported("TIFF files with compression \(compression)")
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

    /// None, three of CCITT, LZW, JPEG, two numbers for Deflate, PackBits.
    private static let commonCompressions: Set = [1, 2, 3, 4, 5, 7, 8, 32773, 32946]
    /// The maximum number of strips: one for each line of the largest image.
    private static let mostStrips = 1 << 20
}
