/// The presets that all organisations have.
package enum BuiltInPresets {
    package static let all: [String: Pipeline] = ["web": web, "thumbnail": thumbnail, "avatar": avatar]

    /// Two sizes of WebP, and a JPEG for clients that do not support it.
    static let web = Pipeline(outputs: [
        OutputSpec(name: "large", operations: [inside(1600)], format: .fixed(.webp), encoder: EncoderOptions(quality: 80)),
        OutputSpec(name: "small", operations: [inside(640)], format: .fixed(.webp), encoder: EncoderOptions(quality: 80)),
        OutputSpec(
            name: "fallback", operations: [inside(1600), .flatten(.init())], format: .fixed(.jpeg),
            encoder: EncoderOptions(quality: 80, progressive: true)),
    ])

    /// 320 x 320 around the most salient part.
    static let thumbnail = Pipeline(outputs: [
        OutputSpec(name: "thumbnail", operations: [square(320)], format: .fixed(.webp), encoder: EncoderOptions(quality: 80))
    ])

    /// A circle with a diameter of 256 pixels.
    static let avatar = Pipeline(outputs: [
        OutputSpec(name: "avatar", operations: [square(256), .round(.init(radius: 128))], format: .fixed(.png))
    ])

    private static func inside(_ edge: Int) -> ImageOperation {
        .resize(.init(width: edge, height: edge, fit: .inside))
    }

    private static func square(_ edge: Int) -> ImageOperation {
        .resize(.init(width: edge, height: edge, fit: .cover, position: .attention, enlarge: true))
    }
}
