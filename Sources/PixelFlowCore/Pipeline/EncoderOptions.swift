/// How an output is encoded. An option that a format does not have is ignored by it.
package struct EncoderOptions: Sendable, Hashable {
    /// Chroma subsampling.
    package enum Chroma: String, Sendable, Hashable, CaseIterable {
        case half = "4:2:0"
        case full = "4:4:4"
    }

    package enum ColorProfile: String, Sendable, Hashable, CaseIterable {
        /// Converts to sRGB and leaves the profile out.
        case srgb
        /// Keeps the source's colours and its profile.
        case keep
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

extension EncoderOptions {
    init(_ fields: inout FieldReader) throws {
        self.init(
            quality: try fields.integer("quality", in: 1...100),
            lossless: try fields.flag("lossless") ?? false,
            effort: try fields.integer("effort", in: 0...9),
            progressive: try fields.flag("progressive") ?? false,
            chroma: try fields.choice("chroma"),
            strip: try fields.flag("strip") ?? true,
            colorProfile: try fields.choice("color_profile") ?? .srgb,
            maxBytes: try fields.integer("max_bytes", in: 100...1_000_000_000))
    }

    func write(to fields: inout FieldWriter) {
        fields.set("quality", quality)
        fields.set("lossless", lossless, unless: false)
        fields.set("effort", effort)
        fields.set("progressive", progressive, unless: false)
        fields.set("chroma", chroma?.rawValue)
        fields.set("strip", strip, unless: true)
        fields.set("color_profile", colorProfile.rawValue, unless: ColorProfile.srgb.rawValue)
        fields.set("max_bytes", maxBytes)
    }
}
