/// How an output is encoded. An option that a format does not have is ignored by it.
package struct EncoderOptions: Sendable, Hashable {
    /// Chroma subsampling.
    package enum Chroma: String, ParameterChoice {
        case half = "4:2:0"
        case full = "4:4:4"

        package var label: String {
            switch self {
            case .half: "4:2:0, smaller"
            case .full: "4:4:4, sharper colour"
            }
        }
    }

    package enum ColorProfile: String, ParameterChoice {
        /// Converts to sRGB and leaves the profile out.
        case srgb
        /// Keeps the source's colours and its profile.
        case keep

        package var label: String {
            switch self {
            case .srgb: "To sRGB"
            case .keep: "Keep the profile"
            }
        }
    }

    /// 1 to 100; nil takes the format's own default.
    package var quality: Int?
    package var lossless: Bool
    /// 0 (fast) to 9 (small); nil takes the format's own default.
    package var effort: Int?
    /// Interlaced, so that a browser can show a coarse image early.
    package var progressive: Bool
    /// nil takes the format's own default.
    package var chroma: Chroma?
    /// Leaves EXIF, XMP and the rest out.
    package var strip: Bool
    package var colorProfile: ColorProfile
    /// The quality is lowered until the output is no larger than this.
    package var maxBytes: Int?

    package init(
        quality: Int? = nil, lossless: Bool = false, effort: Int? = nil, progressive: Bool = false, chroma: Chroma? = nil,
        strip: Bool = true, colorProfile: ColorProfile = .srgb, maxBytes: Int? = nil
    ) {
        self.quality = quality
        self.lossless = lossless
        self.effort = effort
        self.progressive = progressive
        self.chroma = chroma
        self.strip = strip
        self.colorProfile = colorProfile
        self.maxBytes = maxBytes
    }
}
