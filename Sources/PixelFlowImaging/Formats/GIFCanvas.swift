/// A frame of a GIF file, as the offsets of its parts.
struct GIFFrame {
    let start: Int
    /// The graphic control extension, if the frame has one.
    let control: Int?
    /// The offset of the LZW minimum code size, which precedes the data.
    let data: Int
}

/// Makes the uncovered canvas of a GIF transparent, as browsers do.
///
/// The decoder paints it black if no frame has a transparent index, and with the background colour where it removes a frame without
/// one. This assigns such frames a transparent index that none of their pixels uses.
enum GIFCanvas {
    /// The changed file; nil if there is nothing to change.
    static func transparent(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        let reader = ByteReader(bytes, isLittleEndian: true)
        let frames = GIFFile(bytes).frames
        guard let first = frames.first else { return nil }
        // Nobody sees the canvas after the last frame is removed.
        var changed = frames.dropLast().filter { disposal($0, reader) == toBackground && !isTransparent($0, reader) }
        let isCovered = covers(first, reader) && !(frames.count > 1 && disposal(first, reader) == toPrevious)
        let showsCanvas = !isCovered && !frames.contains { isTransparent($0, reader) }
        if showsCanvas, changed.first?.start != first.start { changed.insert(first, at: 0) }
        guard !changed.isEmpty else { return nil }
        var file = Array(bytes)
        // Insert from the end, so that earlier offsets stay valid.
        for frame in changed.reversed() {
            guard let index = unusedIndex(frame, reader) else { continue }
            if let control = frame.control {
                file[control + 3] |= transparencyFlag
                file[control + 6] = index
            } else {
                file.insert(contentsOf: [0x21, 0xf9, 4, transparencyFlag, 0, 0, index, 0], at: frame.start)
            }
        }
        return file
    }

    private static let transparencyFlag: UInt8 = 1

    private static func isTransparent(_ frame: GIFFrame, _ reader: ByteReader) -> Bool {
        frame.control.flatMap { reader.byte(at: $0 + 3) }.map { $0 & transparencyFlag != 0 } ?? false
    }

    /// The disposal method: what happens to the area of the frame after it has been displayed.
    private static func disposal(_ frame: GIFFrame, _ reader: ByteReader) -> UInt8 {
        frame.control.flatMap { reader.byte(at: $0 + 3) }.map { $0 >> 2 & 7 } ?? 0
    }

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
