import Foundation

/// Writes uncompressed TIFF files with any layout, including ones that no library writes.
struct TIFFWriter {
    enum Sample: Equatable {
        case unsigned(Int), signed(Int), float(Int)

        var bits: Int {
            switch self {
            case .unsigned(let bits), .signed(let bits), .float(let bits): bits
            }
        }

        var format: Int {
            switch self {
            case .unsigned: 1
            case .signed: 2
            case .float: 3
            }
        }
    }

    var width = 8
    var height = 6
    var photometric = 2
    var sample = Sample.unsigned(8)
    /// Samples per pixel, including extra ones.
    var samples = 3
    /// 0 for a selection, 1 for associated and 2 for unassociated alpha; nil to omit the entry.
    var extras: [Int]? = nil
    var isBig = false
    var isLittleEndian = true
    var isPlanar = false
    var rowsPerStrip = 4
    /// 16-bit values, three times as many as a sample has values.
    var colourMap: [Int] = []
    var profile = Data()
    /// Additional entries, or replacements of derived ones: tag, type and values.
    var entries: [Int: (type: Int, values: [Int])] = [:]
    /// Puts the directory before the pixels, so that a truncated file still has it.
    var directoryFirst = false

    /// - Parameter value: the bits of a sample as written.
    func file(_ value: (_ x: Int, _ y: Int, _ sample: Int) -> UInt64) -> Data {
        let strips = strips(value)
        let header = isBig ? 16 : 8
        let pixels = strips.reduce(0) { $0 + $1.count }
        // The first pass determines the length of the directory, the second one uses the correct offsets.
        let length = directory(strips.map { _ in 0 }, strips.map(\.count), at: 0).count
        let start = directoryFirst ? header : header + pixels + pixels % 2
        var offset = directoryFirst ? header + length : header
        let offsets = strips.map { strip in
            defer { offset += strip.count }
            return offset
        }
        var file = Data(isLittleEndian ? "II".utf8 : "MM".utf8) + number(isBig ? 43 : 42, 2)
        if isBig { file += number(8, 2) + number(0, 2) }
        file += number(start, isBig ? 8 : 4)
        let body = strips.reduce(Data(), +)
        let entries = directory(offsets, strips.map(\.count), at: start)
        return directoryFirst ? file + entries + body : file + body + Data(count: pixels % 2) + entries
    }

    private func strips(_ value: (Int, Int, Int) -> UInt64) -> [Data] {
        let planes = isPlanar ? (0..<samples).map { [$0] } : [Array(0..<samples)]
        return planes.flatMap { plane in
            stride(from: 0, to: height, by: rowsPerStrip).map { top in
                (top..<min(top + rowsPerStrip, height)).reduce(Data()) { $0 + row($1, plane, value) }
            }
        }
    }

    private func row(_ y: Int, _ plane: [Int], _ value: (Int, Int, Int) -> UInt64) -> Data {
        let values = (0..<width).flatMap { x in plane.map { value(x, y, $0) } }
        guard sample.bits < 8 else { return values.reduce(Data()) { $0 + number(Int(truncatingIfNeeded: $1), sample.bits / 8) } }
        let perByte = 8 / sample.bits
        return Data(
            stride(from: 0, to: values.count, by: perByte).map { start in
                (0..<perByte).reduce(UInt8(0)) { byte, index in
                    let bits = start + index < values.count ? UInt8(truncatingIfNeeded: values[start + index]) : 0
                    return byte << sample.bits | bits
                }
            })
    }

    private func directory(_ offsets: [Int], _ lengths: [Int], at start: Int) -> Data {
        let wide = isBig ? 16 : 4
        var all: [Int: (type: Int, values: [Int])] = [
            256: (4, [width]), 257: (4, [height]), 258: (3, Array(repeating: sample.bits, count: samples)), 259: (3, [1]),
            262: (3, [photometric]), 273: (wide, offsets), 277: (3, [samples]), 278: (4, [rowsPerStrip]), 279: (wide, lengths),
            284: (3, [isPlanar ? 2 : 1]), 339: (3, Array(repeating: sample.format, count: samples)),
        ]
        if let extras, !extras.isEmpty { all[338] = (3, extras) }
        if !colourMap.isEmpty { all[320] = (3, colourMap) }
        if !profile.isEmpty { all[34675] = (7, profile.map(Int.init)) }
        all.merge(entries) { $1 }
        return encoded(all, at: start)
    }

    private func encoded(_ entries: [Int: (type: Int, values: [Int])], at start: Int) -> Data {
        let word = isBig ? 8 : 4
        var directory = number(entries.count, isBig ? 8 : 2)
        var behind = Data()
        let end = start + directory.count + entries.count * (4 + 2 * word) + word
        for (tag, entry) in entries.sorted(by: { $0.key < $1.key }) {
            let values = entry.values.reduce(Data()) { $0 + number($1, Self.widths[entry.type] ?? 1) }
            // A fraction consists of two values.
            let count = entry.type == 5 ? entry.values.count / 2 : entry.values.count
            directory += number(tag, 2) + number(entry.type, 2) + number(count, word)
            if values.count <= word {
                directory += values + Data(count: word - values.count)
            } else {
                directory += number(end + behind.count, word)
                behind += values + Data(count: values.count % 2)
            }
        }
        return directory + number(0, word) + behind
    }

    private static let widths = [1: 1, 3: 2, 4: 4, 5: 4, 7: 1, 16: 8]

    private func number(_ value: Int, _ width: Int) -> Data {
        let bytes = (0..<width).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        return Data(isLittleEndian ? bytes : bytes.reversed())
    }
}
