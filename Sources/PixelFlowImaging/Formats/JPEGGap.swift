/// Zeros in place of lost data in a JPEG, as an interrupted download leaves them. With the usual tables, zeros are valid codes, so decoders
/// show some pattern and report nothing.
enum JPEGGap {
    /// Whether data is missing between other data. Zeros at the end of a scan may be padding: there, the decoder reports what is missing.
    static func isIn(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let reader = ByteReader(bytes)
        var offset = 2
        var isPlain = false
        // The tables of AC coefficients with which zeros are empty blocks.
        var empty: Set<UInt8> = []
        while reader.has([0xff], at: offset), let marker = reader.byte(at: offset + 1),
            let length = reader.number(at: offset + 2, width: 2), length >= 2
        {
            switch marker {
            // Baseline and extended sequential; in passes, long runs of zeros are usual.
            case 0xc0, 0xc1: isPlain = true
            case 0xc4: note(reader, offset + 4..<offset + 2 + length, &empty)
            case 0xda:
                let count = Int(reader.byte(at: offset + 4) ?? 0)
                let tables = (0..<count).compactMap { reader.byte(at: offset + 6 + $0 * 2) }.map { $0 & 15 }
                return isPlain && !tables.allSatisfy(empty.contains) && hasGap(reader, from: offset + 2 + length)
            default: break
            }
            offset += 2 + length
        }
        return false
    }

    /// Looks for the first gap in the first scan, which nearly always is the only one.
    private static func hasGap(_ reader: ByteReader, from start: Int) -> Bool {
        guard let gap = zeros(reader.bytes, from: start) else { return false }
        var offset = start
        while let mark = reader.next(0xff, from: offset), let next = reader.byte(at: mark + 1) {
            // Stuffed bytes, restarts and fill bytes belong to the data.
            guard next == 0 || (0xd0...0xd7).contains(next) || next == 0xff else {
                return mark > gap && reader.bytes[gap..<mark].contains { $0 != 0 }
            }
            offset = mark + (next == 0xff ? 1 : 2)
        }
        return false
    }

    /// The offset of the first long run of zeros.
    private static func zeros(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var offset = start + length / 2
        while offset < bytes.count {
            if bytes[offset] == 0 {
                let first = bytes[start..<offset].lastIndex { $0 != 0 }.map { $0 + 1 } ?? start
                let end = bytes[offset...].firstIndex { $0 != 0 } ?? bytes.count
                if end - first >= length { return first }
                offset = max(offset, end)
            }
            offset += length / 2
        }
        return nil
    }

    /// With the usual tables, no picture has so many zeros: each block of brightness would have 63 coefficients of -1.
    private static let length = 256

    /// Notes which tables of AC coefficients give the code of only zeros to the end of a block, or to 16 coefficients of 0.
    private static func note(_ reader: ByteReader, _ tables: Range<Int>, _ empty: inout Set<UInt8>) {
        var offset = tables.lowerBound
        while offset + 17 <= tables.upperBound, let kind = reader.byte(at: offset), let counts = reader.slice(at: offset + 1, count: 16) {
            if kind >> 4 == 1, let first = reader.byte(at: offset + 17) {
                if first & 15 == 0 { empty.insert(kind & 15) } else { empty.remove(kind & 15) }
            }
            offset += 17 + counts.reduce(0) { $0 + Int($1) }
        }
    }
}
