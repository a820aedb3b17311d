import PixelFlowCore

/// The segments of a JPEG file (ISO/IEC 10918-1 annex B).
struct JPEGFile {
    /// What follows the entropy-coded data of the scans.
    private enum Ending { case mark, none, oddMarker, noScan }

    let structure: FileStructure
    /// Whether an end-of-image marker (EOI) follows a scan.
    let hasEnd: Bool
    /// Whether the scans have sent every bit of every coefficient of every component.
    private let areScansComplete: Bool
    private let isArithmetic: Bool
    /// Appended to a file that lacks it.
    static let endMark: [UInt8] = [0xff, 0xd9]

    init(_ bytes: UnsafeRawBufferPointer) {
        var walk = Walk(ByteReader(bytes))
        walk.run()
        hasEnd = walk.ending == .mark && !walk.isCutOff
        areScansComplete = walk.scans.areComplete
        isArithmetic = walk.scans.isArithmetic
        structure =
            if let name = walk.unsupported { .unsupported(name) } else if walk.isFrameDamaged {
                .broken
            } else if walk.isCutOff || walk.ending == .none {
                .cutOff
            } else if walk.ending == .mark { .complete } else { .broken }
    }

    /// Whether the file ends with EOI. True for nearly every file, and cheap because it needs no scan.
    static func endsWithMark(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.suffix(2).elementsEqual(endMark) }

    /// Whether the file ends in zeros instead of EOI, as preallocated files of interrupted downloads do.
    static func isFilledUp(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count > fillLength && bytes.suffix(fillLength).allSatisfy { $0 == 0 } && !JPEGFile(bytes).hasEnd
    }

    /// Whether a file without EOI may lack more than that without a warning from the decoder: refinement scans, or arithmetic-coded
    /// data, which the decoder can extend indefinitely.
    static func mayLackScans(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard !endsWithMark(bytes) else { return false }
        let file = JPEGFile(bytes)
        return file.structure == .cutOff && (file.isArithmetic || !file.areScansComplete)
    }

    /// Whether a file with EOI lacks whole scans, for which decoders show grey or a blur without a warning.
    static func lacksParts(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard hasSeveralScans(bytes) else { return false }
        var walk = Walk(ByteReader(bytes))
        walk.run()
        return walk.ending == .mark && !walk.isCutOff && !walk.scans.haveAllParts
    }

    /// Whether the first scan is one of several, according to its header.
    private static func hasSeveralScans(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let reader = ByteReader(bytes)
        var components: UInt8 = 0
        var offset = 2
        while reader.has([0xff], at: offset), let marker = reader.byte(at: offset + 1), let length = reader.number(at: offset + 2, width: 2)
        {
            switch marker {
            // Progressive, with either entropy coding.
            case 0xc2, 0xca: return true
            case 0xc0, 0xc1, 0xc9: components = reader.byte(at: offset + 9) ?? 0
            case 0xda: return reader.byte(at: offset + 4).map { $0 < components } ?? false
            default: break
            }
            offset += 2 + max(2, length)
        }
        return false
    }

    /// The unsupported variant that the header declares, in the plural; does not read the scan data.
    static func unsupported(_ bytes: UnsafeRawBufferPointer) -> String? {
        var walk = Walk(ByteReader(bytes), endsAtFrame: true)
        walk.run()
        return walk.unsupported
    }

    /// Width and height from the frame header; nil without one.
    static func size(_ bytes: UnsafeRawBufferPointer) -> PixelSize? {
        var walk = Walk(ByteReader(bytes), endsAtFrame: true)
        walk.run()
        return walk.size
    }

    /// Entropy-coded data contains no run of zeros of this length.
    private static let fillLength = 256

    private struct Walk {
        let reader: ByteReader
        var ending = Ending.noScan
        var isCutOff = false
        var isFrameDamaged = false
        var unsupported: String?
        var size: PixelSize?
        var scans = JPEGScans()
        private let endsAtFrame: Bool
        private var offset = 2

        init(_ reader: ByteReader, endsAtFrame: Bool = false) {
            self.reader = reader
            self.endsAtFrame = endsAtFrame
        }

        mutating func run() {
            while let marker = nextMarker() {
                switch marker {
                case 0xd9:
                    if ending == .mark, isMiddle { ending = .oddMarker }
                    return
                case 0x01, 0xd0...0xd8: continue
                case 0xc0...0xfe where ending == .noScan || mayFollowScan(marker): guard segment(marker) else { return }
                default:
                    // No such marker exists in JPEG, so the preceding bytes were not valid scan data.
                    ending = .oddMarker
                    return
                }
            }
            if ending == .mark || ending == .noScan { isCutOff = true }
        }

        /// The marker at or after the offset. Advances the offset past it.
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
            if Self.frames.contains(marker) {
                scans.begin(marker, reader, offset)
                size = reader.number(at: offset + 5, width: 2).flatMap { width in
                    reader.number(at: offset + 3, width: 2).map { (width, $0) }
                }
                unsupported = Self.unsupportedFrame(marker, reader, offset)
                if unsupported == nil, Self.isFrameDamaged(reader, offset) { isFrameDamaged = true }
                if unsupported != nil || isFrameDamaged || endsAtFrame { return false }
            }
            if marker == 0xda { scans.add(reader, offset) }
            offset += max(2, length)
            if marker == 0xda { skipData() }
            return true
        }

        /// Whether an EOI is damage within the data: more data of the same picture follows, up to another EOI.
        private var isMiddle: Bool {
            JPEGFile.endsWithMark(reader.bytes) && reader.count - offset > 64 && reader.next(0xff, from: offset) != nil
                && !reader.has([0xff, 0xd8], at: offset)
        }

        /// Whether a segment after a scan is plausible, rather than damaged data that looks like one.
        private func mayFollowScan(_ marker: UInt8) -> Bool {
            guard let length = reader.number(at: offset, width: 2), let first = reader.byte(at: offset + 2) else { return true }
            switch marker {
            case 0xc4: return first & 0xee == 0 && length > 18 && length < 2048
            case 0xcc: return length >= 4 && length % 2 == 0 && length <= 34
            case 0xda: return (1...4).contains(first) && length == 6 + 2 * Int(first)
            case 0xdb: return first & 0xec == 0 && length > 66
            case 0xdc, 0xdd: return length == 4
            case 0xe0...0xef, 0xfe: return reader.contains(offset, length)
            default: return false
            }
        }

        /// Advances from a scan header to the marker that ends its data.
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

        /// SOF0 to SOF15 and SOF55 (JPEG-LS). Three numbers in this range are tables and an extension.
        private static let frames: Set<UInt8> = Set(UInt8(0xc0)...0xcf).subtracting([0xc4, 0xc8, 0xcc]).union([0xf7])

        /// Whether the frame header is invalid: no sample precision, width or components.
        private static func isFrameDamaged(_ reader: ByteReader, _ offset: Int) -> Bool {
            !(2...16).contains(reader.byte(at: offset + 2) ?? 0) || reader.number(at: offset + 5, width: 2) == 0
                || reader.byte(at: offset + 7) == 0
        }

        private static func unsupportedFrame(_ marker: UInt8, _ reader: ByteReader, _ offset: Int) -> String? {
            switch marker {
            case 0xc3, 0xcb: return "Lossless JPEG files"
            case 0xf7: return "JPEG-LS files"
            case 0xc5, 0xc6, 0xc7, 0xcd, 0xce, 0xcf: return "Hierarchical JPEG files"
            default: break
            }
            if let bits = reader.byte(at: offset + 2), bits != 8, (2...16).contains(bits) { return "JPEG files with \(bits) bits a sample" }
            // libjpeg treats the second of two components as alpha.
            if let components = reader.byte(at: offset + 7), components == 2 || components > 4 {
                return "JPEG files with \(components) components"
            }
            if reader.number(at: offset + 3, width: 2) == 0 { return "JPEG files with the height after the first scan (DNL)" }
            let edge = max(reader.number(at: offset + 3, width: 2) ?? 0, reader.number(at: offset + 5, width: 2) ?? 0)
            return edge > EncoderLimit(.jpeg).edge ? "JPEG files of more than 65,500 pixels an edge" : nil
        }
    }
}
