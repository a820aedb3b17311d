/// The boxes of an ISO base media file (ISO/IEC 14496-12): HEIF, AVIF and video.
struct ISOFile {
    private let reader: ByteReader

    init(_ bytes: UnsafeRawBufferPointer) { reader = ByteReader(bytes) }

    /// The major brand and the compatible brands; empty for other files.
    var brands: [Substring] {
        guard reader.has("ftyp", at: 4), let box = Box(reader, at: 0) else { return [] }
        let end = min(box.end ?? reader.count, reader.count, box.content + 4 * Self.mostBrands)
        // The second word is the minor version of the major brand.
        let offsets = stride(from: box.content, to: end, by: 4).filter { $0 != box.content + 4 }
        return offsets.compactMap { offset in
            reader.slice(at: offset, count: 4).map { Substring(decoding: $0, as: UTF8.self) }
        }
    }

    /// Whether the major brand or a compatible brand is one of `wanted`.
    func names(_ wanted: Set<Substring>) -> Bool { brands.contains(where: wanted.contains) }

    /// Whether the metadata has an item of `type`, such as `av01`.
    func hasItem(_ type: StaticString) -> Bool {
        guard reader.has("ftyp", at: 4), let meta = boxes.first(where: { reader.has("meta", at: $0.type) }) else { return false }
        // The box is short, and the four letters occur only in an item's entry.
        let end = min(meta.end ?? reader.count, reader.count, meta.content + Self.mostMeta)
        return (meta.content..<max(meta.content, end - 3)).contains { reader.has(type, at: $0) }
    }

    /// Whether the colours have been multiplied by alpha, declared by an item reference of type `prem`.
    var isPremultiplied: Bool {
        // The box starts with version and flags.
        guard let meta = metadata, let references = reader.child("iref", of: meta) else { return false }
        return reader.child("prem", of: references.dropFirst(4)) != nil
    }

    /// The content of the metadata after version and flags.
    private var metadata: Range<Int>? {
        guard let meta = boxes.first(where: { reader.has("meta", at: $0.type) }) else { return nil }
        let end = min(meta.end ?? reader.count, reader.count, meta.content + Self.mostMeta)
        return meta.content + 4 < end ? meta.content + 4..<end : nil
    }

    /// The picture, or the first tile of it.
    private var picture: ISOItem? { metadata.flatMap { ISOItem(pictureOf: $0, reader) } }

    /// Whether the picture has no colours; libheif returns three equal bands.
    var isGrey: Bool { picture?.isGrey ?? false }

    /// Whether the picture is grey in the narrow range of video, which libheif does not widen.
    var isNarrowGrey: Bool { picture.map { $0.isGrey && $0.isNarrow } ?? false }

    /// Primaries and transfer of the picture as ITU-T H.273 code points. Other items, such as gain maps, have their own.
    var colourCodes: (primaries: Int, transfer: Int)? {
        guard let offset = picture?.colours else { return picture?.sequence.map { ($0.primaries, $0.transfer) } }
        guard let primaries = reader.number(at: offset, width: 2), let transfer = reader.number(at: offset + 2, width: 2) else {
            return nil
        }
        return (primaries, transfer)
    }

    /// The transformations of the picture that its alpha does not have; nil if there is nothing to do.
    var transformsWithoutAlpha: ISOTransforms? { metadata.flatMap { ISOItem.transformsWithoutAlpha($0, reader) } }

    var structure: FileStructure {
        let boxes = boxes
        guard let last = boxes.last else { return .cutOff }
        // The last box extends beyond the end, or the next one has no complete header.
        if let end = last.end, end != reader.count, !reader.contains(end, Box.shortest) { return .cutOff }
        guard boxes.contains(where: { reader.has("meta", at: $0.type) }) else {
            if boxes.contains(where: { reader.has("moov", at: $0.type) }) {
                return .unsupported("Image sequences without a still picture")
            }
            return .cutOff
        }
        // Bytes after the last box that are not a box.
        return last.end.map { $0 < reader.count } == true ? .broken : .complete
    }

    /// The top-level boxes; the last one may extend beyond the end of the file.
    private var boxes: [Box] {
        var found: [Box] = []
        var offset = 0
        while found.count < Self.mostBoxes, let box = Box(reader, at: offset) {
            found.append(box)
            guard let end = box.end, end < reader.count else { break }
            offset = end
        }
        return found
    }

    private struct Box {
        static let shortest = 8

        /// The position of its four-letter type.
        let type: Int
        let content: Int
        /// nil for a box that extends to the end of the file.
        let end: Int?

        init?(_ reader: ByteReader, at offset: Int) {
            guard let size = reader.number(at: offset, width: 4), reader.contains(offset, Self.shortest) else { return nil }
            type = offset + 4
            switch size {
            case 0: (content, end) = (offset + 8, nil)
            case 1:
                guard let large = reader.number(at: offset + 8, width: 8), large >= 16, large < Int.max / 2 else { return nil }
                (content, end) = (offset + 16, offset + large)
            case 8...: (content, end) = (offset + 8, offset + size)
            default: return nil
            }
        }
    }

    /// Limits of the loops: far more than any real file has.
    private static let mostBrands = 64
    private static let mostBoxes = 1024
    private static let mostMeta = 1 << 20
}
