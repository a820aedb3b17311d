import Foundation

/// The colour space that a file declares by numbers instead of an embedded profile.
struct ColourSignal: Equatable {
    enum Curve: Equatable { case standard, gamma(Double) }

    /// Chromaticities x and y of red, green and blue, and of the white point.
    let primaries: [[Double]]
    let white: [Double]
    let curve: Curve
    /// Whether the file also has a profile, which means less.
    private(set) var overridesProfile = false
    /// Whether the samples are in the range of video, and the decoder does not widen them.
    private(set) var isNarrow = false

    /// From code points of ITU-T H.273; nil for high dynamic range, which cannot be converted to sRGB faithfully.
    init?(primaries code: Int, transfer: Int) {
        switch code {
        case 1, 2: self.init(Self.standardPrimaries, Self.d65, transfer)
        case 5: self.init([[0.64, 0.33], [0.29, 0.60], [0.15, 0.06]], Self.d65, transfer)
        case 6, 7: self.init([[0.63, 0.34], [0.31, 0.595], [0.155, 0.07]], Self.d65, transfer)
        case 9: self.init([[0.708, 0.292], [0.17, 0.797], [0.131, 0.046]], Self.d65, transfer)
        case 11: self.init(Self.p3, [0.314, 0.351], transfer)
        case 12: self.init(Self.p3, Self.d65, transfer)
        default: return nil
        }
    }

    private init?(_ primaries: [[Double]], _ white: [Double], _ transfer: Int) {
        switch transfer {
        // In practice, every viewer displays the television curves as sRGB.
        case 1, 2, 6, 13, 14, 15: self.init(primaries: primaries, white: white, curve: .standard)
        case 4: self.init(primaries: primaries, white: white, curve: .gamma(2.2))
        case 5: self.init(primaries: primaries, white: white, curve: .gamma(2.8))
        case 8: self.init(primaries: primaries, white: white, curve: .gamma(1))
        default: return nil
        }
    }

    init(primaries: [[Double]] = Self.standardPrimaries, white: [Double] = Self.d65, curve: Curve) {
        (self.primaries, self.white, self.curve) = (primaries, white, curve)
    }

    /// Whether it describes sRGB.
    var isStandard: Bool {
        let isClose = zip((primaries + [white]).joined(), (Self.standardPrimaries + [Self.d65]).joined()).allSatisfy {
            abs($0 - $1) < 0.002
        }
        return isClose && curve == .standard
    }

    private static let standardPrimaries = [[0.64, 0.33], [0.30, 0.60], [0.15, 0.06]]
    private static let p3 = [[0.68, 0.32], [0.265, 0.69], [0.15, 0.06]]
    private static let d65 = [0.3127, 0.3290]
}

extension ColourSignal {
    /// From a PNG: `cICP`, even beside a profile, or else `gAMA` and `cHRM`; nil if it has a profile or an `sRGB` chunk, or declares
    /// nothing.
    init?(png reader: ByteReader) {
        var chunks: [String: Int] = [:]
        var offset = 8
        while let length = reader.number(at: offset, width: 4), reader.contains(offset, length + 12), !reader.has("IDAT", at: offset + 4) {
            // Keep only these: a file may have a million chunks.
            for name in Self.chunks where reader.has(name, at: offset + 4) { chunks["\(name)"] = offset + 8 }
            offset += length + 12
        }
        if let offset = chunks["cICP"], let primaries = reader.byte(at: offset), let transfer = reader.byte(at: offset + 1) {
            self.init(primaries: Int(primaries), transfer: Int(transfer))
            overridesProfile = chunks["iCCP"] != nil
            isNarrow = reader.byte(at: offset + 3) == 0
            return
        }
        guard chunks["iCCP"] == nil, chunks["sRGB"] == nil else { return nil }
        let curve = chunks["gAMA"].flatMap { Self.curve(reader.number(at: $0, width: 4)) }
        let points = chunks["cHRM"].flatMap { Self.points(reader, $0) }
        guard curve != nil || points != nil else { return nil }
        if let points {
            self.init(primaries: Array(points[1...]), white: points[0], curve: curve ?? .standard)
        } else {
            self.init(curve: curve ?? .standard)
        }
    }

    private static let chunks: [StaticString] = ["cICP", "iCCP", "sRGB", "gAMA", "cHRM"]

    /// From 100,000 times the exponent; nil for values that no screen has.
    private static func curve(_ value: Int?) -> Curve? {
        guard let value, (20_000...250_000).contains(value) else { return nil }
        // By convention, 1 / 2.2 means the curve of typical screens, which sRGB describes.
        return abs(value - 45_455) <= 1_500 ? .standard : .gamma(100_000 / Double(value))
    }

    /// White, red, green and blue.
    private static func points(_ reader: ByteReader, _ offset: Int) -> [[Double]]? {
        let values = (0..<8).compactMap { reader.number(at: offset + $0 * 4, width: 4) }.map { Double($0) / 100_000 }
        guard values.count == 8 else { return nil }
        let points = (0..<4).map { [values[$0 * 2], values[$0 * 2 + 1]] }
        let isPlausible = points.allSatisfy { $0[0] >= 0 && $0[1] > 0 && $0[0] + $0[1] <= 1 }
        return isPlausible ? points : nil
    }

    /// From a HEIF file: the `nclx` box of the first item.
    init?(iso file: ISOFile) {
        guard let (primaries, transfer) = file.colourCodes else { return nil }
        self.init(primaries: primaries, transfer: transfer)
    }
}
