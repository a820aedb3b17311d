/// The segments of a JPEG file, ISO/IEC 10918-1 annex B.
struct JPEGFile {
    /// What follows the entropy-coded data of the scans.
    private enum Ending { case mark, none, oddMarker, noScan }

    let structure: FileStructure
    /// Whether the end mark, EOI, comes behind a scan.
    let hasEnd: Bool
    /// The mark, for a file that lacks it.
    static let endMark: [UInt8] = [0xff, 0xd9]

    init(_ bytes: UnsafeRawBufferPointer) {
        var walk = Walk(ByteReader(bytes))
        walk.run()
        hasEnd = walk.ending == .mark && !walk.isCutOff
        structure =
            if let name = walk.unsupported { .unsupported(name) } else if walk.isCutOff || walk.ending == .none {
                .cutOff
            } else if walk.ending == .mark { .whole } else { .broken }
    }

    /// Whether the end mark is at the very end: true for nearly every file, and found without a walk.
    static func endsWithMark(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.suffix(2).elementsEqual(endMark) }

    /// Whether the file stops being a picture before it stops: no end mark, and zeros in the place of a good part of the data,
    /// as downloads leave them that were given up.
    static func isFilledUp(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count > fillLength && bytes.suffix(fillLength).allSatisfy { $0 == 0 } && !JPEGFile(bytes).hasEnd
    }

    /// A run of zeros of this length does not come up in entropy-coded data.
    private static let fillLength = 256

    private struct Walk {
        let reader: ByteReader
        var ending = Ending.noScan
        var isCutOff = false
        var unsupported: String?
        private var offset = 2

        init(_ reader: ByteReader) { self.reader = reader }

        mutating func run() {
            while let marker = nextMarker() {
                switch marker {
                case 0xd9:
                    if ending == .mark, isMiddle { ending = .oddMarker }
                    return
                case 0x01, 0xd0...0xd8: continue
                case 0xc0...0xfe where ending == .noScan || mayFollowScan(marker): guard segment(marker) else { return }
                default:
                    // No marker that a JPEG file has: what looked like data until here was none.
                    ending = .oddMarker
                    return
                }
            }
            if ending == .mark || ending == .noScan { isCutOff = true }
        }

        /// The marker at or after the offset, and the offset behind it.
        private mutating func nextMarker() -> UInt8? {
            while let start = reader.next(0xff, from: offset) {
                offset = start + 1
                while reader.byte(at: offset) == 0xff { offset += 1 }
                guard let marker = reader.byte(at: offset) else { return nil }
                offset += 1
                if marker != 0 { return marker }
            }
            return nil
        }

        private mutating func segment(_ marker: UInt8) -> Bool {
            guard let length = reader.number(at: offset, width: 2), reader.contains(offset, length) else {
                isCutOff = true
                return false
            }
            if let name = Self.unsupportedFrame(marker, reader, offset) {
                unsupported = name
                return false
            }
            offset += max(2, length)
            if marker == 0xda { skipData() }
            return true
        }

        /// Whether an end mark is none, but damage within the data: the file continues to another one, and not with another
        /// picture.
        private var isMiddle: Bool {
            JPEGFile.endsWithMark(reader.bytes) && reader.count - offset > 64 && reader.next(0xff, from: offset) != nil
                && !reader.has([0xff, 0xd8], at: offset)
        }

        /// Whether a segment behind a scan makes sense, or is damage within the data that looks like one.
        private func mayFollowScan(_ marker: UInt8) -> Bool {
            guard let length = reader.number(at: offset, width: 2), let first = reader.byte(at: offset + 2) else { return true }
            switch marker {
            case 0xc4: return first & 0xee == 0 && length > 18 && length < 2048
            case 0xda: return (1...4).contains(first) && length == 6 + 2 * Int(first)
            case 0xdb: return first & 0xec == 0 && length > 66
            case 0xdc, 0xdd: return length == 4
            case 0xe0...0xef, 0xfe: return reader.contains(offset, length)
            default: return false
            }
        }

        /// From the header of a scan to the marker that ends its data.
        private mutating func skipData() {
            ending = .none
            while let start = reader.next(0xff, from: offset) {
                guard let next = reader.byte(at: start + 1) else { break }
                offset = start + (next == 0xff ? 1 : 2)
                if next != 0, next != 0xff, !(0xd0...0xd7).contains(next) {
                    offset = start
                    ending = .mark
                    return
                }
            }
            offset = reader.count
        }

        private static func unsupportedFrame(_ marker: UInt8, _ reader: ByteReader, _ offset: Int) -> String? {
            switch marker {
            case 0xc3: return "Lossless JPEG files"
            case 0xf7: return "JPEG-LS files"
            case 0xc5, 0xc6, 0xc7, 0xcd, 0xce, 0xcf: return "Hierarchical JPEG files"
            case 0xcb: return "Lossless JPEG files"
            case 0xc0, 0xc1, 0xc2, 0xc9, 0xca:
                guard let bits = reader.byte(at: offset + 2), bits != 8, (2...16).contains(bits) else { return nil }
                return "JPEG files with \(bits) bits a sample"
            default: return nil
            }
        }
    }
}
