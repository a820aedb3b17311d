/// The properties of an item of a HEIF file (ISO/IEC 23008-12, section 9.3).
struct ISOItem {
    private let reader: ByteReader
    /// The items from which it is read: a grid and its first tile, or one alone.
    private let items: [Int]
    private let meta: Range<Int>
    /// The contents of its property boxes. Those of a grid come before those of its first tile.
    private let properties: [Range<Int>]

    /// The picture of the file, or the first tile of it; nil if the boxes contradict each other.
    ///
    /// - Parameter meta: the content of the `meta` box after version and flags.
    init?(pictureOf meta: Range<Int>, _ reader: ByteReader) {
        guard let item = Self.primary(meta, reader) else { return nil }
        let items = [item] + [Self.firstTile(of: item, meta, reader)].compactMap { $0 }
        self.init(items, meta, reader)
    }

    private init?(_ items: [Int], _ meta: Range<Int>, _ reader: ByteReader) {
        let associations = items.flatMap { Self.associations(of: $0, meta, reader) }
        guard !associations.isEmpty else { return nil }
        (self.reader, self.items, self.meta) = (reader, items, meta)
        properties = associations.map(\.property)
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
    var isNarrow: Bool {
        colours.flatMap { reader.byte(at: $0 + 6) }.map { $0 & 0x80 == 0 } ?? sequence?.isNarrow ?? false
    }

    /// The colours that the picture itself declares; nil unless it is AV1.
    var sequence: AV1Sequence? {
        guard let codec = properties.first(where: { reader.has("av1C", at: $0.lowerBound - 4) }) else { return nil }
        let inCodec = codec.count > 4 ? AV1Sequence(codec.dropFirst(4), reader) : nil
        return inCodec ?? items.last.flatMap { Self.data(of: $0, meta, reader) }.flatMap { AV1Sequence($0, reader) }
    }

    /// The transformations of the picture if it has an alpha item without any; nil otherwise.
    static func transformsWithoutAlpha(_ meta: Range<Int>, _ reader: ByteReader) -> ISOTransforms? {
        guard let item = primary(meta, reader), let alpha = alpha(of: item, meta, reader) else { return nil }
        func found(_ item: Int) -> [(step: ISOTransform, entry: Range<Int>)] {
            associations(of: item, meta, reader).compactMap { found in
                ISOTransform(found.property, reader).map { ($0, found.entry) }
            }
        }
        let own = found(item)
        guard !own.isEmpty, found(alpha).isEmpty else { return nil }
        return ISOTransforms(steps: own.map(\.step), associations: own.map(\.entry))
    }

    private static func primary(_ meta: Range<Int>, _ reader: ByteReader) -> Int? {
        guard let box = reader.child("pitm", of: meta), let version = reader.byte(at: box.lowerBound) else { return nil }
        return reader.number(at: box.lowerBound + 4, width: version == 0 ? 2 : 4)
    }

    /// The item with the alpha of `item`.
    private static func alpha(of item: Int, _ meta: Range<Int>, _ reader: ByteReader) -> Int? {
        guard let references = reader.child("iref", of: meta), let version = reader.byte(at: references.lowerBound) else { return nil }
        let width = version == 0 ? 2 : 4
        let auxiliaries = reader.children(of: references.dropFirst(4)).lazy.filter { reader.has("auxl", at: $0.lowerBound - 4) }
        for reference in auxiliaries.prefix(mostAuxiliaries) {
            guard reader.number(at: reference.lowerBound + width + 2, width: width) == item else { continue }
            guard let other = reader.number(at: reference.lowerBound, width: width) else { continue }
            let isAlpha = associations(of: other, meta, reader).contains { found in
                guard reader.has("auxC", at: found.property.lowerBound - 4) else { return false }
                return alphaTypes.contains { reader.has($0, at: found.property.lowerBound + 4) }
            }
            if isAlpha { return other }
        }
        return nil
    }

    /// Far more than any real file has. Each costs a search of all associations.
    private static let mostAuxiliaries = 64
    private static let alphaTypes: [StaticString] = ["urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", "urn:mpeg:hevc:2015:auxid:1"]

    /// Where the first bytes of an item are in the file (ISO/IEC 14496-12, section 8.11.3).
    private static func data(of item: Int, _ meta: Range<Int>, _ reader: ByteReader) -> Range<Int>? {
        guard let box = reader.child("iloc", of: meta), let version = reader.byte(at: box.lowerBound), version <= 2 else { return nil }
        guard let sizes = reader.number(at: box.lowerBound + 4, width: 2) else { return nil }
        let (offsetSize, lengthSize, baseSize) = (sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15)
        let indexSize = version == 0 ? 0 : sizes & 15
        // Otherwise, a box could have more extents than bytes.
        guard offsetSize + lengthSize > 0 else { return nil }
        let idSize = version == 2 ? 4 : 2
        var fields = FieldCursor(reader, at: box.lowerBound + 6)
        for _ in 0..<(fields.next(idSize) ?? 0) {
            let id = fields.next(idSize)
            // Other methods refer to a box or to another item.
            let method = version == 0 ? 0 : (fields.next(2) ?? 0) & 15
            _ = fields.next(2)
            guard let base = fields.next(baseSize), let extents = fields.next(2) else { return nil }
            for _ in 0..<extents {
                _ = fields.next(indexSize)
                guard let offset = fields.next(offsetSize), let length = fields.next(lengthSize) else { return nil }
                guard id == item else { continue }
                let start = base.addingReportingOverflow(offset)
                guard method == 0, !start.overflow, reader.contains(start.partialValue, length) else { return nil }
                return start.partialValue..<start.partialValue + length
            }
        }
        return nil
    }

    /// The item of the first tile of a grid.
    private static func firstTile(of item: Int, _ meta: Range<Int>, _ reader: ByteReader) -> Int? {
        guard let references = reader.child("iref", of: meta), let version = reader.byte(at: references.lowerBound) else { return nil }
        let width = version == 0 ? 2 : 4
        let tiles = reader.children(of: references.dropFirst(4)).first {
            reader.has("dimg", at: $0.lowerBound - 4) && reader.number(at: $0.lowerBound, width: width) == item
        }
        return tiles.flatMap { reader.number(at: $0.lowerBound + width + 2, width: width) }
    }

    /// The properties of `item` in their order, each with the bytes that associate it.
    private static func associations(
        of item: Int, _ meta: Range<Int>, _ reader: ByteReader
    ) -> [(property: Range<Int>, entry: Range<Int>)] {
        guard let boxes = reader.child("iprp", of: meta), let list = reader.child("ipco", of: boxes) else { return [] }
        guard let uses = reader.child("ipma", of: boxes) else { return [] }
        let all = reader.children(of: list)
        return entries(of: item, uses, reader).compactMap { entry in
            // The top bit says whether a reader must know the property.
            guard let index = reader.number(at: entry.lowerBound, width: entry.count) else { return nil }
            let number = index & (entry.count == 1 ? 0x7f : 0x7fff)
            // They count from 1; 0 means none.
            return number >= 1 && number <= all.count ? (all[number - 1], entry) : nil
        }
    }

    /// The bytes of an `ipma` box that name the properties of `item`.
    private static func entries(of item: Int, _ box: Range<Int>, _ reader: ByteReader) -> [Range<Int>] {
        guard let version = reader.byte(at: box.lowerBound), let flags = reader.byte(at: box.lowerBound + 3) else { return [] }
        let (idWidth, width) = (version == 0 ? 2 : 4, flags & 1 == 0 ? 1 : 2)
        var offset = box.lowerBound + 8
        while offset < box.upperBound, let id = reader.number(at: offset, width: idWidth), let count = reader.byte(at: offset + idWidth) {
            offset += idWidth + 1
            if id == item {
                return (0..<Int(count)).map { offset + $0 * width..<offset + ($0 + 1) * width }.filter {
                    reader.contains($0.lowerBound, width)
                }
            }
            offset += Int(count) * width
        }
        return []
    }
}

/// Reads numbers one after the other.
private struct FieldCursor {
    private let reader: ByteReader
    private var offset: Int

    init(_ reader: ByteReader, at offset: Int) { (self.reader, self.offset) = (reader, offset) }

    /// - Parameter width: in bytes; 0 for a number that is left out, which is 0.
    mutating func next(_ width: Int) -> Int? {
        defer { offset += width }
        return width == 0 ? 0 : reader.number(at: offset, width: width)
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
