/// Reads the parts of an ICC profile (ICC.1, versions 2 and 4) that determine whether it is usable.
struct ICCProfile {
    /// The colour model that the profile requires.
    enum Space: Equatable {
        case grey, rgb, cmyk

        fileprivate init?(_ reader: ByteReader) {
            let names: KeyValuePairs<StaticString, Space> = ["GRAY": .grey, "RGB ": .rgb, "CMYK": .cmyk]
            guard let found = names.first(where: { reader.has($0.key, at: 16) }) else { return nil }
            self = found.value
        }
    }

    let space: Space
    /// The number of bytes that the profile declares.
    let length: Int
    /// Whether it is equivalent to the default: sRGB, or grey with the same curve. Its description
    /// is ignored.
    let isStandard: Bool
    /// The curve of a profile of grey without tables.
    let greyCurve: ToneCurve?

    /// Nil if it is damaged or is not an image profile.
    init?(_ bytes: UnsafeRawBufferPointer) {
        let reader = ByteReader(bytes)
        guard reader.has("acsp", at: 36), let space = Space(reader), Self.isOfPictures(reader) else { return nil }
        guard let length = reader.number(at: 0, width: 4), length >= Self.headerLength, length <= reader.count else { return nil }
        guard let version = reader.byte(at: 8), version <= Self.latestVersion else { return nil }
        guard let tags = Self.tags(reader, within: length), Self.isPlausible(tags, reader, space) else { return nil }
        self.space = space
        self.length = length
        isStandard = Self.isStandard(tags, reader, space)
        greyCurve = space == .grey && !Self.hasTable(tags) ? Self.curves(tags, reader, ["kTRC"])?.first : nil
    }

    private static let headerLength = 132
    /// The latest major version that Little CMS supports.
    private static let latestVersion = 4
    /// A limit far above real profiles, which have about twenty.
    private static let mostTags = 256

    /// Whether it is an input, display, output or colour space profile, not a link, an effect or a list of named colours.
    private static func isOfPictures(_ reader: ByteReader) -> Bool {
        ["scnr", "mntr", "prtr", "spac"].contains { reader.has($0, at: 12) } && (reader.has("XYZ ", at: 20) || reader.has("Lab ", at: 20))
    }

    /// The offset of each tag; nil if one lies outside the profile.
    private static func tags(_ reader: ByteReader, within end: Int) -> [String: Int]? {
        guard let count = reader.number(at: 128, width: 4), count <= mostTags else { return nil }
        var tags: [String: Int] = [:]
        for index in 0..<count {
            let entry = headerLength + index * 12
            guard let name = reader.slice(at: entry, count: 4), let offset = reader.number(at: entry + 4, width: 4),
                let length = reader.number(at: entry + 8, width: 4), reader.contains(offset, length),
                offset + length <= end
            else { return nil }
            tags[String(decoding: name, as: UTF8.self)] = offset
        }
        return tags
    }

    private static let tables = ["A2B0", "A2B1", "A2B2", "D2B0", "D2B1", "D2B2"]

    private static func hasTable(_ tags: [String: Int]) -> Bool { tables.contains { tags[$0] != nil } }

    /// Whether the profile makes sense: its curve rises, and its primaries add up to approximately white.
    private static func isPlausible(_ tags: [String: Int], _ reader: ByteReader, _ space: Space) -> Bool {
        if hasTable(tags) { return true }
        switch space {
        case .cmyk: return false
        case .grey: return curves(tags, reader, ["kTRC"]).map { $0.allSatisfy(\.rises) } ?? false
        case .rgb:
            guard let primaries = primaries(tags, reader), let curves = curves(tags, reader, ["rTRC", "gTRC", "bTRC"]) else { return false }
            return abs(primaries.reduce(0) { $0 + $1[1] } - 1) < 0.25 && curves.allSatisfy(\.rises)
        }
    }

    private static func isStandard(_ tags: [String: Int], _ reader: ByteReader, _ space: Space) -> Bool {
        // Tables take precedence over curves and primaries when the profile is applied.
        guard !hasTable(tags) else { return false }
        switch space {
        case .cmyk: return false
        case .grey: return curves(tags, reader, ["kTRC"])?.allSatisfy(\.isStandard) ?? false
        case .rgb:
            guard let primaries = primaries(tags, reader), let curves = curves(tags, reader, ["rTRC", "gTRC", "bTRC"]) else { return false }
            let isClose = zip(primaries.joined(), standardPrimaries.joined()).allSatisfy { abs($0 - $1) < 0.003 }
            return isClose && curves.allSatisfy(\.isStandard)
        }
    }

    /// IEC 61966-2-1, adapted to D50 as in ICC profiles; common variants differ by up to 0.001.
    private static let standardPrimaries = [[0.43607, 0.22249, 0.01392], [0.38515, 0.71687, 0.09708], [0.14307, 0.06061, 0.71410]]

    private static func primaries(_ tags: [String: Int], _ reader: ByteReader) -> [[Double]]? {
        let found = ["rXYZ", "gXYZ", "bXYZ"].compactMap { name -> [Double]? in
            guard let offset = tags[name], reader.has("XYZ ", at: offset) else { return nil }
            let values = (0..<3).compactMap { reader.fixed(at: offset + 8 + $0 * 4) }
            return values.count == 3 ? values : nil
        }
        return found.count == 3 ? found : nil
    }

    private static func curves(_ tags: [String: Int], _ reader: ByteReader, _ names: [String]) -> [ToneCurve]? {
        let offsets = names.compactMap { tags[$0] }
        guard offsets.count == names.count else { return nil }
        // The three channels usually share one curve.
        let distinct = Set(offsets)
        let found = distinct.compactMap { ToneCurve(reader, at: $0) }
        return found.count == distinct.count ? found : nil
    }
}

extension ByteReader {
    /// An s15Fixed16Number.
    func fixed(at offset: Int) -> Double? {
        number(at: offset, width: 4).map { Double(Int32(truncatingIfNeeded: $0)) / 65536 }
    }
}
