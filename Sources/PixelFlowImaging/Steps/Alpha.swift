import CVips
import PixelFlowCore

extension Image {
    /// Applies a step to the colours only; alpha stays unchanged.
    func onColour(_ step: (Image) throws -> Image) throws -> Image {
        guard hasAlpha else { return try step(self) }
        let colour = try step(try applying("extract_band", ["band": .integer(0), "n": .integer(bands - 1)]))
        return try Image.make("bandjoin", ["in": .images([colour, try alpha()])])
    }

    /// Applies a step that mixes neighbouring pixels, without bleeding the colour of invisible pixels into visible ones.
    func premultiplied(_ step: (Image) throws -> Image) throws -> Image {
        guard hasAlpha else { return try step(self) }
        let mixed = try step(try applying("premultiply")).applying("unpremultiply")
        // The cast cuts off fractions.
        return try mixed.applying("linear", ["a": .numbers([1]), "b": .numbers([0.5])]).applying("cast", ["format": .uchar])
    }

    func alpha() throws -> Image { try applying("extract_band", ["band": .integer(bands - 1)]) }

    func withAlpha() throws -> Image {
        hasAlpha ? self : try applying("bandjoin_const", ["c": .numbers([255])])
    }

    func flattened(on background: Color) throws -> Image {
        guard hasAlpha else { return self }
        return try applying("flatten", ["background": .numbers(try samples(of: background))])
    }

    /// The image, with an alpha channel if `background` needs one, and the background in the image's bands.
    ///
    /// - Parameter isPremultiplied: whether the background is for an image whose colours are multiplied by alpha.
    func prepared(for background: Color, isPremultiplied: Bool = false) throws -> (image: Image, background: VipsArgument) {
        let image = background.alpha == 255 ? self : try withAlpha()
        let colour = try image.samples(of: background)
        let alpha = Double(background.alpha)
        guard image.hasAlpha else { return (image, .numbers(colour)) }
        return (image, .numbers((isPremultiplied ? colour.map { $0 * alpha / 255 } : colour) + [alpha]))
    }

    /// Places the image on a larger canvas.
    func embedded(left: Int, top: Int, width: Int, height: Int, background: Color) throws -> Image {
        let (image, fill) = try prepared(for: background)
        return try image.applying(
            "embed",
            [
                "x": .integer(left), "y": .integer(top), "width": .integer(width), "height": .integer(height),
                "extend": .integer(Int(VIPS_EXTEND_BACKGROUND.rawValue)), "background": fill,
            ])
    }
}

extension Color {
    var opaque: [Double] { [Double(red), Double(green), Double(blue)] }
    /// Luma with Rec. 709 weights, for images of one band.
    var luma: Double { 0.2126 * Double(red) + 0.7152 * Double(green) + 0.0722 * Double(blue) }
}
