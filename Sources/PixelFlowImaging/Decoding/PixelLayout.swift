import CVips

/// The meaning of the bands of a decoded image: the colours first, then extra channels of the file.
struct PixelLayout: Equatable {
    enum Model {
        case grey, rgb, cmyk
        /// L*a*b* or XYZ: libvips can convert them.
        case absolute
    }

    let model: Model
    /// The number of colour bands.
    let colours: Int
    /// The alpha band. All other bands after the colours, such as selections or depth, are dropped.
    let alpha: Int?
    /// Whether the colours must still be divided by alpha.
    let isPremultiplied: Bool
    /// Whether the colours must still be widened from the range of video to the full range.
    let isNarrow: Bool
    /// Whether libvips has divided the colours by an associated alpha.
    let isDivided: Bool
    /// Whether the colours must still be inverted.
    let isInverted: Bool
    /// Whether the samples are floating point numbers of 16 bits that libvips has read as integers.
    let isHalf: Bool
    /// The white point of L*a*b* as X, Y and Z; nil for other colours, and for L*a*b* from a decoder that has none.
    let labWhite: [Double]?
    /// Whether a* and b* of integers have an offset instead of a sign.
    let isLabOffset: Bool

    /// Without a directory, a band after the colours is alpha, as in all formats but TIFF.
    ///
    /// - Parameter isGrey: whether all colour bands are the same, because the decoder has repeated the only one of the file.
    init(_ image: Image, _ directory: TIFFDirectory? = nil, isPremultiplied: Bool = false, isNarrow: Bool = false, isGrey: Bool = false) {
        self.isNarrow = isNarrow
        isHalf = directory?.isHalf ?? false
        labWhite = directory?.labWhite
        let isOffset = directory?.isLabOffset ?? false
        isLabOffset = isOffset
        switch image.interpretation {
        case _ where isGrey: (model, colours) = (.grey, 1)
        case _ where image.isPackedLab || isOffset: (model, colours) = (.absolute, 3)
        case VIPS_INTERPRETATION_CMYK: (model, colours) = (.cmyk, 4)
        case VIPS_INTERPRETATION_LAB, VIPS_INTERPRETATION_LABS, VIPS_INTERPRETATION_XYZ: (model, colours) = (.absolute, 3)
        case VIPS_INTERPRETATION_B_W, VIPS_INTERPRETATION_GREY16: (model, colours) = (.grey, 1)
        default: (model, colours) = image.bands < 3 ? (.grey, 1) : (.rgb, 3)
        }
        self.isPremultiplied = isPremultiplied && image.hasAlpha
        isInverted = directory?.isInverted ?? false
        guard let directory else {
            alpha = isGrey ? image.hasAlpha ? image.bands - 1 : nil : image.bands > colours ? colours : nil
            isDivided = false
            return
        }
        let found = directory.alpha
        alpha = Self.band(found?.index, behind: colours, of: image)
        isDivided = alpha != nil && found?.isAssociated == true
    }

    /// Whether the bands are the colours, optionally followed by alpha, so that none must be moved or removed.
    func isPlain(_ image: Image) -> Bool {
        !image.isPackedLab && image.bands == colours + (alpha == nil ? 0 : 1) && (alpha ?? colours) == colours
    }

    private static func band(_ index: Int?, behind colours: Int, of image: Image) -> Int? {
        guard let index, colours + index < image.bands else { return nil }
        return colours + index
    }
}
