/// The properties of an item of a HEIF file (ISO/IEC 23008-12, section 9.3).
struct ISOItem {
    private let reader: ByteReader
    /// The contents of its property boxes. Those of a grid come before those of its first tile.
    private let properties: [Range<Int>]

    /// The picture of the file, or the first tile of it; nil if the boxes contradict each other.
    ///
    /// - Parameter meta: the content of the `meta` box after version and flags.
    init?(pictureOf meta: Range<Int>, _ reader: ByteReader) {
        guard let box = reader.child("pitm", of: meta), let version = reader.byte(at: box.lowerBound) else { return nil }
        guard let item = reader.number(at: box.lowerBound + 4, width: version == 0 ? 2 : 4) else { return nil }
        let items = [item] + [Self.firstTile(of: item, meta, reader)].compactMap { $0 }
        self.init(items, meta, reader)
    }

    private init?(_ items: [Int], _ meta: Range<Int>, _ reader: ByteReader) {
        guard let boxes = reader.child("iprp", of: meta), let list = reader.child("ipco", of: boxes) else { return nil }
        guard let uses = reader.child("ipma", of: boxes) else { return nil }
        let indexes = items.compactMap { Self.indexes(of: $0, uses, reader) }.joined()
        guard !indexes.isEmpty else { return nil }
        let all = reader.children(of: list)
        self.reader = reader
        // They count from 1; 0 means none.
        properties = indexes.filter { $0 >= 1 && $0 <= all.count }.map { all[$0 - 1] }
    }

    /// The offset of the content of its first property of `type`.
    private func property(_ type: StaticString) -> Int? {
        properties.first { reader.has(type, at: $0.lowerBound - 4) }?.lowerBound
    }

    /// Whether it has no colours.
    var isGrey: Bool {
        if let codec = property("av1C"), let flags = reader.byte(at: codec + 2) { return flags & 0x10 != 0 }
        if let codec = property("hvcC"), let chroma = reader.byte(at: codec + 16) { return chroma & 3 == 0 }
        return false
    }

    /// The offset of the code points of its colours (ITU-T H.273).
    var colours: Int? {
        properties.first { reader.has("colr", at: $0.lowerBound - 4) && reader.has("nclx", at: $0.lowerBound) }.map { $0.lowerBound + 4 }
    }

    /// Whether black is 16 and white is 235, of 255.
    var isNarrow: Bool { colours.flatMap { reader.byte(at: $0 + 6) }.map { $0 & 0x80 == 0 } ?? false }

    /// The item of the first tile of a grid.
    private static func firstTile(of item: Int, _ meta: Range<Int>, _ reader: ByteReader) -> Int? {
        guard let references = reader.child("iref", of: meta), let version = reader.byte(at: references.lowerBound) else { return nil }
        let width = version == 0 ? 2 : 4
        let tiles = reader.children(of: references.dropFirst(4)).first {
            reader.has("dimg", at: $0.lowerBound - 4) && reader.number(at: $0.lowerBound, width: width) == item
        }
        return tiles.flatMap { reader.number(at: $0.lowerBound + width + 2, width: width) }
    }

    /// The indexes of the properties of `item`, from the content of an `ipma` box.
    private static func indexes(of item: Int, _ box: Range<Int>, _ reader: ByteReader) -> [Int]? {
        guard let version = reader.byte(at: box.lowerBound), let flags = reader.byte(at: box.lowerBound + 3) else { return nil }
        let (idWidth, width) = (version == 0 ? 2 : 4, flags & 1 == 0 ? 1 : 2)
        var offset = box.lowerBound + 8
        while offset < box.upperBound, let id = reader.number(at: offset, width: idWidth), let count = reader.byte(at: offset + idWidth) {
            offset += idWidth + 1
            if id == item {
                // The top bit says whether a reader must know the property.
                let mask = width == 1 ? 0x7f : 0x7fff
                return (0..<Int(count)).compactMap { reader.number(at: offset + $0 * width, width: width) }.map { $0 & mask }
            }
            offset += Int(count) * width
        }
        return nil
    }
}

extension ByteReader {
    /// The content of the first box of `type` among those in `range`.
    func child(_ type: StaticString, of range: Range<Int>) -> Range<Int>? {
        children(of: range).first { has(type, at: $0.lowerBound - 4) }
    }

    /// The contents of the boxes in `range`, each after its type.
    func children(of range: Range<Int>) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var offset = range.lowerBound
        while offset + 8 <= range.upperBound, let size = number(at: offset, width: 4), size >= 8, found.count < 65_536 {
            found.append(offset + 8..<min(range.upperBound, offset + size))
            offset += size
        }
        return found
    }
}
