/// A frame of a GIF file, as the offsets of its parts.
struct GIFFrame {
    let start: Int
    /// The graphic control extension, if the frame has one.
    let control: Int?
    /// The offset of the LZW minimum code size, which precedes the data.
    let data: Int
    /// The offset after the data.
    let end: Int
}

/// Makes the uncovered canvas of a GIF transparent, as browsers do.
///
/// The decoder paints it black if no frame has a transparent index, and with the background colour where it removes a frame without
/// one. This assigns such frames a transparent index that none of their pixels uses. After a frame whose pixels use all indexes, it
/// inserts another frame, which shows nothing and is removed in place of the first.
struct GIFCanvas {
    /// The changed file.
    let file: [UInt8]
    /// The indexes of the inserted frames.
    let inserted: Set<Int>

    /// Nil if there is nothing to change.
    static func transparent(_ bytes: UnsafeRawBufferPointer) -> GIFCanvas? {
        let reader = ByteReader(bytes, isLittleEndian: true)
        let frames = GIFFile(bytes).frames
        guard let first = frames.first else { return nil }
        // No one sees the canvas after the last frame is removed.
        var changed = frames.indices.dropLast().filter { isRemoved(frames[$0], reader) && !isTransparent(frames[$0], reader) }
        let isCovered = covers(first, reader) && !(frames.count > 1 && disposal(first, reader) == toPrevious)
        let showsCanvas = !isCovered && !frames.contains { isTransparent($0, reader) }
        if showsCanvas, changed.first != 0 { changed.insert(0, at: 0) }
        guard !changed.isEmpty else { return nil }
        var edited = Array(bytes)
        var additions: [(offset: Int, bytes: [UInt8])] = []
        var inserted: Set<Int> = []
        for position in changed {
            let frame = frames[position]
            if let index = unusedIndex(frame, reader) {
                let addition = setTransparent(index, frame, in: &edited)
                if !addition.isEmpty { additions.append((frame.start, addition)) }
                continue
            }
            let isRemoved = isRemoved(frame, reader)
            if isRemoved, let control = frame.control { edited[control + 3] = edited[control + 3] & ~disposalBits | toStay << 2 }
            // A frame that is not removed needs only some frame with a transparent index: the smallest one.
            let area = isRemoved ? Array(bytes[frame.start + 1..<frame.start + 9]) : [0, 0, 0, 0, 1, 0, 1, 0]
            additions.append((frame.end, nothing(area)))
            // Each addition moves the frames after it.
            inserted.insert(position + inserted.count + 1)
        }
        return GIFCanvas(file: joined(edited, additions), inserted: inserted)
    }

    private static func joined(_ file: [UInt8], _ additions: [(offset: Int, bytes: [UInt8])]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(file.count + additions.reduce(0) { $0 + $1.bytes.count })
        var offset = 0
        for addition in additions {
            result += file[offset..<addition.offset]
            result += addition.bytes
            offset = addition.offset
        }
        return result + file[offset...]
    }

    /// - Returns: the control extension to insert before the frame, if it has none.
    private static func setTransparent(_ index: UInt8, _ frame: GIFFrame, in file: inout [UInt8]) -> [UInt8] {
        guard let control = frame.control else { return [0x21, 0xf9, 4, transparencyFlag, 0, 0, index, 0] }
        file[control + 3] |= transparencyFlag
        file[control + 6] = index
        return []
    }

    private static func isRemoved(_ frame: GIFFrame, _ reader: ByteReader) -> Bool { disposal(frame, reader) == toBackground }

    /// A frame of transparent pixels that is removed at once.
    ///
    /// - Parameter area: left, top, width and height as they are stored.
    private static func nothing(_ area: [UInt8]) -> [UInt8] {
        let pixels = (Int(area[4]) | Int(area[5]) << 8) * (Int(area[6]) | Int(area[7]) << 8)
        var frame: [UInt8] = [0x21, 0xf9, 4, toBackground << 2 | transparencyFlag, 0, 0, 0, 0, 0x2c]
        frame += area
        // A table of two colours.
        frame += [0x80, 0, 0, 0, 0, 0, 0]
        return frame + GIFCodes.zeros(pixels)
    }

    private static let transparencyFlag: UInt8 = 1

    private static func isTransparent(_ frame: GIFFrame, _ reader: ByteReader) -> Bool {
        frame.control.flatMap { reader.byte(at: $0 + 3) }.map { $0 & transparencyFlag != 0 } ?? false
    }

    /// The disposal method: what happens to the area of the frame after it has been displayed.
    private static func disposal(_ frame: GIFFrame, _ reader: ByteReader) -> UInt8 {
        let method = frame.control.flatMap { reader.byte(at: $0 + 3) }.map { $0 >> 2 & 7 } ?? 0
        // The decoder, like browsers, reads the bit of old encoders for the same.
        return method == 4 ? toPrevious : method
    }

    private static let disposalBits: UInt8 = 7 << 2
    private static let toStay: UInt8 = 1
    private static let toBackground: UInt8 = 2
    private static let toPrevious: UInt8 = 3

    private static func covers(_ frame: GIFFrame, _ reader: ByteReader) -> Bool {
        func number(_ offset: Int) -> Int { reader.number(at: offset, width: 2) ?? 0 }
        return number(frame.start + 1) == 0 && number(frame.start + 3) == 0 && number(frame.start + 5) >= number(6)
            && number(frame.start + 7) >= number(8)
    }

    private static func unusedIndex(_ frame: GIFFrame, _ reader: ByteReader) -> UInt8? {
        var codes = GIFCodes(reader, at: frame.data)
        _ = codes.pixels(atLeast: .max)
        return codes.indexes.lastIndex(of: false).map { UInt8($0) }
    }
}
