/// The items of a HEIF or AVIF file as written by libheif: the data of every item is in the `mdat` box.
enum HEIFOutput {
    /// The file without its EXIF item.
    ///
    /// - Throws: `MalformedFileError`, also for structures that HEIF allows but libheif does not write.
    static func withoutEXIF(_ file: UnsafeRawBufferPointer) throws -> [UInt8] {
        let reader = ByteReader(file)
        let boxes = try Box.all(reader, 0..<file.count)
        guard let meta = boxes.first(where: { $0.type == "meta" }) else { throw MalformedFileError() }
        let parts = try Box.all(reader, meta.body.dropFirst(4))
        guard let information = parts.first(where: { $0.type == "iinf" }), let location = parts.first(where: { $0.type == "iloc" }) else {
            throw MalformedFileError()
        }
        let (kept, removed) = try items(reader, information)
        guard !removed.isEmpty else { return Array(file) }
        let locations = try ItemLocations(reader, location)
        let gone = locations.extents(of: removed)

        // Built twice: the new size of the box determines the offsets of the data after it.
        func newMeta(_ moved: (Int) -> Int) throws -> [UInt8] {
            var body = Array(try reader.slice(at: meta.body.lowerBound, 4))
            for part in parts {
                switch part.type {
                case "iinf": body += kept
                case "iloc": body += locations.written(without: removed, moved)
                case "iref": body += try references(reader, part, without: removed)
                default: body += try reader.slice(at: part.start, part.length)
                }
            }
            return Box.written("meta", body)
        }
        let shorter = meta.length - (try newMeta { $0 }).count
        let moved = { (offset: Int) in
            offset - shorter - gone.reduce(0) { $0 + ($1.lowerBound < offset ? $1.count : 0) }
        }
        return try boxes.reduce(into: []) { result, box in
            switch box.type {
            case "meta": result += try newMeta(moved)
            case "mdat": result += Box.written("mdat", try remaining(reader, box.body, without: gone))
            default: result += try reader.slice(at: box.start, box.length)
            }
        }
    }

    /// The `iinf` box without the EXIF entries, and the ids of the removed items.
    private static func items(_ reader: ByteReader, _ box: Box) throws -> (box: [UInt8], removed: Set<Int>) {
        let start = box.body.lowerBound
        // Version 0 has a 16-bit entry count.
        guard try reader.bigEndian(at: start, 1) == 0 else { throw MalformedFileError() }
        var entries: [UInt8] = []
        var removed: Set<Int> = []
        var count = 0
        for entry in try Box.all(reader, (start + 6)..<box.body.upperBound) {
            guard entry.type == "infe", try reader.bigEndian(at: entry.body.lowerBound, 1) == 2 else { throw MalformedFileError() }
            if reader.has("Exif", at: entry.body.lowerBound + 8) {
                removed.insert(try reader.bigEndian(at: entry.body.lowerBound + 4, 2))
            } else {
                entries += try reader.slice(at: entry.start, entry.length)
                count += 1
            }
        }
        return (Box.written("iinf", [0, 0, 0, 0] + UInt16(clamping: count).bigEndianBytes + entries), removed)
    }

    private static func references(_ reader: ByteReader, _ box: Box, without removed: Set<Int>) throws -> [UInt8] {
        let start = box.body.lowerBound
        guard try reader.bigEndian(at: start, 1) == 0 else { throw MalformedFileError() }
        let kept = try Box.all(reader, (start + 4)..<box.body.upperBound).filter { reference in
            !removed.contains(try reader.bigEndian(at: reference.body.lowerBound, 2))
        }
        guard !kept.isEmpty else { return [] }
        return Box.written("iref", try kept.reduce(into: [0, 0, 0, 0]) { $0 += try reader.slice(at: $1.start, $1.length) })
    }

    private static func remaining(_ reader: ByteReader, _ range: Range<Int>, without gone: [Range<Int>]) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var offset = range.lowerBound
        for extent in gone.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            // Outside the box, or shared by two items.
            guard extent.lowerBound >= offset, extent.upperBound <= range.upperBound else { throw MalformedFileError() }
            bytes += try reader.slice(at: offset, extent.lowerBound - offset)
            offset = extent.upperBound
        }
        return bytes + (try reader.slice(at: offset, range.upperBound - offset))
    }
}

/// A box of an ISO base media file.
private struct Box {
    let type: String
    let start: Int
    let length: Int

    /// The content after size and type.
    var body: Range<Int> { start + 8..<start + length }

    static func all(_ reader: ByteReader, _ range: Range<Int>) throws -> [Box] {
        var boxes: [Box] = []
        var offset = range.lowerBound
        while offset < range.upperBound {
            let length = try reader.bigEndian(at: offset, 4)
            // 0 means "to the end of the file" and 1 a 64-bit size; libheif uses neither for files of this size.
            guard length >= 8, length <= range.upperBound - offset else { throw MalformedFileError() }
            boxes.append(Box(type: String(decoding: try reader.slice(at: offset + 4, 4), as: UTF8.self), start: offset, length: length))
            offset += length
        }
        return boxes
    }

    static func written(_ type: StaticString, _ body: [UInt8]) -> [UInt8] {
        UInt32(clamping: body.count + 8).bigEndianBytes + type.withUTF8Buffer { Array($0) } + body
    }
}

/// The `iloc` box: the positions of each item's data in the file.
private struct ItemLocations {
    private struct Item {
        let number: Int
        /// The unmodified bytes between the item's id and its base offset.
        let head: [UInt8]
        let extents: [Range<Int>]
    }

    private let version: Int
    private let start: [UInt8]
    private let offsetSize: Int
    private let lengthSize: Int
    private let baseSize: Int
    private var items: [Item] = []

    init(_ reader: ByteReader, _ box: Box) throws {
        var offset = box.body.lowerBound
        func next(_ length: Int) throws -> Int {
            defer { offset += length }
            return try reader.bigEndian(at: offset, length)
        }
        version = try next(1)
        offset += 3
        let sizes = try next(2)
        start = Array(try reader.slice(at: box.body.lowerBound, 6))
        (offsetSize, lengthSize, baseSize) = (sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15)
        // The rewritten offsets count from the start of the file and need enough bytes for that.
        guard version < 2, version == 0 || sizes & 15 == 0, offsetSize >= 4 else { throw MalformedFileError() }
        for _ in 0..<(try next(2)) {
            let number = try next(2)
            let head = offset
            // The item's offsets must be relative to the start of the file.
            if version == 1, try next(2) & 15 != 0 { throw MalformedFileError() }
            offset += 2
            let headBytes = Array(try reader.slice(at: head, offset - head))
            let base = try next(baseSize)
            let extents = try (0..<(try next(2))).map { _ in
                let (from, overflow) = base.addingReportingOverflow(try next(offsetSize))
                let length = try next(lengthSize)
                guard !overflow, reader.contains(from, length) else { throw MalformedFileError() }
                return from..<from + length
            }
            items.append(Item(number: number, head: headBytes, extents: extents))
        }
    }

    func extents(of numbers: Set<Int>) -> [Range<Int>] { items.filter { numbers.contains($0.number) }.flatMap(\.extents) }

    func written(without removed: Set<Int>, _ moved: (Int) -> Int) -> [UInt8] {
        let kept = items.filter { !removed.contains($0.number) }
        var body = start + UInt16(clamping: kept.count).bigEndianBytes
        for item in kept {
            body += UInt16(clamping: item.number).bigEndianBytes + item.head + number(0, baseSize)
            body += UInt16(clamping: item.extents.count).bigEndianBytes
            for extent in item.extents { body += number(moved(extent.lowerBound), offsetSize) + number(extent.count, lengthSize) }
        }
        return Box.written("iloc", body)
    }

    private func number(_ value: Int, _ size: Int) -> [UInt8] { value.bigEndianBytes.suffix(size) }
}
