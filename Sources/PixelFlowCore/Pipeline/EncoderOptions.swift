/// How an output is encoded. Formats ignore options that they do not support.
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
        /// Converts to sRGB and omits the profile.
        case srgb
        /// Keeps the source's colour space and profile.
        case keep

        package var label: String {
            switch self {
            case .srgb: "To sRGB"
            case .keep: "Keep the profile"
            }
        }
    }

    /// 1 to 100; nil for the format's default.
    package var quality: Int?
    package var lossless: Bool
    /// 0 (fast) to 9 (small); nil for the format's default.
    package var effort: Int?
    /// Interlaced, so that a browser can show a coarse image early.
    package var progressive: Bool
    /// Nil for the format's default.
    package var chroma: Chroma?
    /// Omits EXIF, XMP and other metadata.
    package var strip: Bool
    package var colorProfile: ColorProfile
    /// The maximum size of the output in bytes, reached by lowering the quality.
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
