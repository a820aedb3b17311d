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

    /// The white point of the profile connection space, as X, Y and Z.
    static let d50 = [0.9642, 1, 0.8249]

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
                UInt16((ToneCurve.standardLight(Double(step) / 1023) * 65535).rounded()).bigEndianBytes
            }
            return text("curv") + word(1024) + values
        }
    }

    private static var description: [UInt8] {
        let name = Array("Colours of the source\0".utf8)
        // No Unicode and no Macintosh description.
        return text("desc") + word(name.count) + name + [UInt8](repeating: 0, count: 78)
    }

    /// The XYZ values of each primary, adapted to D50.
    private static func columns(_ signal: ColourSignal) -> [[Double]]? {
        func light(_ point: [Double]) -> [Double] { [point[0] / point[1], 1, (1 - point[0] - point[1]) / point[1]] }
        let white = light(signal.white)
        let columns = signal.primaries.map(light)
        guard let solved = Matrix(rows: columns).transposed.inverse, let adaptation = Matrix.adaptation(from: white, to: d50) else {
            return nil
        }
        let amounts = solved.times(white)
        guard amounts.allSatisfy({ $0 > 0 }) else { return nil }
        let adapted = zip(columns, amounts).map { column, amount in adaptation.times(column.map { $0 * amount }) }
        // A nearly black white point would produce unbounded values.
        guard adapted.joined().allSatisfy({ abs($0) < mostLight }) else { return nil }
        return adapted
    }

    /// Real primaries have values up to about 1; the format allows up to 32,767.
    private static let mostLight = 4.0

    private static func text(_ name: String) -> [UInt8] { Array(name.utf8) + word(0) }
    private static func word(_ value: Int) -> [UInt8] { UInt32(clamping: value).bigEndianBytes }
    private static func fixed(_ value: Double) -> [UInt8] { Int32((value * 65536).rounded()).bigEndianBytes }
    private static func point(_ values: [Double]) -> [UInt8] { text("XYZ ") + values.flatMap(fixed) }
}
