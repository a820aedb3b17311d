import CVips

/// L*a*b* of a file as light. libvips takes all L*a*b* as relative to D65, as its own files are.
enum LabColour {
    /// X, Y and Z relative to D65, as libvips converts them to sRGB; other images unchanged.
    static func light(of image: Image, _ layout: PixelLayout) throws -> Image {
        guard let white = layout.labWhite, let adaptation = Matrix.adaptation(from: white, to: d65) else { return image }
        let lab = try layout.isLabOffset ? withoutOffset(image) : image.applying("colourspace", ["space": .lab])
        let light = try lab.applying("Lab2XYZ", ["temp": .numbers(white.map { $0 * 100 })])
        return try light.applying("recomb", ["m": .image(try Image.matrix(adaptation.rows))]).applying("copy", ["interpretation": .xyz])
    }

    /// 8 or 16 bits as in ICC.1:1998-09: L* from 0 to 255 or 65280, and a* and b* around 128 or 32768.
    private static func withoutOffset(_ image: Image) throws -> Image {
        let step = image.isBytes ? 1 : 256.0
        let lightness = 100 / (255 * step)
        return try image.applying(
            "linear", ["a": .numbers([lightness, 1 / step, 1 / step]), "b": .numbers([0, -128, -128])]
        ).applying("copy", ["interpretation": .lab])
    }

    /// The white of sRGB in libvips.
    private static let d65 = [0.95047, 1, 1.088827]
}
