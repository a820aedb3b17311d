import CVips

/// Converts grey with a curve of its own to sRGB. Little CMS approximates steep curves of one channel coarsely: linear light near black
/// would come out half as bright.
enum GreyCurve {
    /// - Parameter image: one band of 8 or 16 bits, and any profile.
    /// - Returns: three bands of 8 bits without a profile.
    static func applied(_ curve: ToneCurve, to image: Image) throws -> Image {
        let count = image.isBytes ? 256 : 65_536
        let table = (0..<count).map { value -> UInt8 in
            let light = min(1, max(0, curve.light(Double(value) / Double(count - 1))))
            return UInt8((ToneCurve.standardEncoded(light) * 255).rounded())
        }
        // The result has the interpretation of the table.
        return try image.removing([Colour.iccField])
            .applying("maplut", ["lut": .image(try Image.copying(table, width: count, height: 1, bands: 1))])
            .applying("copy", ["interpretation": .grey])
            .applying("colourspace", ["space": .sRGB])
    }
}
