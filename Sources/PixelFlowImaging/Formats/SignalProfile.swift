import Foundation

/// Writes a declared colour space as an ICC profile (ICC.1, version 2), so that all conversions use profiles.
enum SignalProfile {
    /// Nil if the primaries do not span a colour space.
    static func bytes(_ signal: ColourSignal, isGrey: Bool) -> [UInt8]? {
        let tone = curve(signal.curve)
        var tags: [(String, [UInt8])] = [("desc", description), ("cprt", text("text") + Array("CC0\0".utf8)), ("wtpt", point(d50))]
        if isGrey {
            tags.append(("kTRC", tone))
        } else {
            guard let lights = columns(signal) else { return nil }
            for (letter, column) in zip(["r", "g", "b"], lights) { tags += [("\(letter)XYZ", point(column)), ("\(letter)TRC", tone)] }
        }
        var table = word(tags.count)
        var body: [UInt8] = []
        let start = 128 + 4 + tags.count * 12
        for (name, tag) in tags {
            table += Array(name.utf8) + word(start + body.count) + word(tag.count)
            body += tag + [UInt8](repeating: 0, count: (4 - tag.count % 4) % 4)
        }
        return header(start + body.count, isGrey: isGrey) + table + body
    }

    /// The white point of the profile connection space.
    private static let d50 = [0.9642, 1, 0.8249]

    private static func header(_ length: Int, isGrey: Bool) -> [UInt8] {
        var bytes = word(length) + word(0) + word(0x0210_0000) + Array("mntr\(isGrey ? "GRAY" : "RGB ")XYZ ".utf8)
        // The profile needs a creation date. A fixed one keeps the profile deterministic.
        for part in [2001, 4, 1, 0, 0, 0] { bytes += UInt16(part).bigEndianBytes }
        bytes += Array("acsp".utf8) + [UInt8](repeating: 0, count: 28) + d50.flatMap(fixed)
        return bytes + [UInt8](repeating: 0, count: 128 - bytes.count)
    }

    private static func curve(_ curve: ColourSignal.Curve) -> [UInt8] {
        switch curve {
        case .gamma(let gamma): return text("curv") + word(1) + UInt16((gamma * 256).rounded()).bigEndianBytes
        case .standard:
            let values = (0..<1024).flatMap { step -> [UInt8] in
                let value = Double(step) / 1023
                let light = value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
                return UInt16((light * 65535).rounded()).bigEndianBytes
            }
            return text("curv") + word(1024) + values
        }
    }

    private static var description: [UInt8] {
        let name = Array("Colours of the source\0".utf8)
        // No Unicode and no Macintosh description.
        return text("desc") + word(name.count) + name + [UInt8](repeating: 0, count: 78)
    }

    /// The XYZ values of each primary, adapted to D50 with the Bradford matrix.
    private static func columns(_ signal: ColourSignal) -> [[Double]]? {
        func light(_ point: [Double]) -> [Double] { [point[0] / point[1], 1, (1 - point[0] - point[1]) / point[1]] }
        let white = light(signal.white)
        let columns = signal.primaries.map(light)
        guard let solved = inverse(transposed(columns)), let back = inverse(bradford) else { return nil }
        let amounts = product(solved, white)
        let (from, to) = (product(bradford, white), product(bradford, d50))
        guard amounts.allSatisfy({ $0 > 0 }), from.allSatisfy({ $0 > 0 }) else { return nil }
        let adapted = zip(columns, amounts).map { column, amount in
            let cones = product(bradford, column.map { $0 * amount })
            return product(back, (0..<3).map { cones[$0] * to[$0] / from[$0] })
        }
        // A nearly black white point would produce unbounded values.
        guard adapted.joined().allSatisfy({ abs($0) < mostLight }) else { return nil }
        return adapted
    }

    /// Real primaries have values up to about 1; the format allows up to 32,767.
    private static let mostLight = 4.0

    private static let bradford = [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]

    private static func product(_ matrix: [[Double]], _ vector: [Double]) -> [Double] {
        matrix.map { row in (0..<3).reduce(0) { $0 + row[$1] * vector[$1] } }
    }

    private static func transposed(_ matrix: [[Double]]) -> [[Double]] { (0..<3).map { row in matrix.map { $0[row] } } }

    private static func inverse(_ m: [[Double]]) -> [[Double]]? {
        func minor(_ row: Int, _ column: Int) -> Double {
            let (r1, r2, c1, c2) = ((row + 1) % 3, (row + 2) % 3, (column + 1) % 3, (column + 2) % 3)
            return m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
        }
        let determinant = (0..<3).reduce(0) { $0 + m[0][$1] * minor(0, $1) }
        guard abs(determinant) > 1e-6 else { return nil }
        return (0..<3).map { row in (0..<3).map { column in minor(column, row) / determinant } }
    }

    private static func text(_ name: String) -> [UInt8] { Array(name.utf8) + word(0) }
    private static func word(_ value: Int) -> [UInt8] { UInt32(clamping: value).bigEndianBytes }
    private static func fixed(_ value: Double) -> [UInt8] { Int32((value * 65536).rounded()).bigEndianBytes }
    private static func point(_ values: [Double]) -> [UInt8] { text("XYZ ") + values.flatMap(fixed) }
}
