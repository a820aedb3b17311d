import CVips
import PixelFlowCore

/// Loads every library, opens every file and starts every thread that rendering needs, before the sandbox closes.
enum WarmUp {
    static func run() throws {
        try VipsLibrary.start()
        cvips_reserve_code(codeRegions)
        // A format that this libvips does not support fails later, for the outputs that use it.
        for format in ImageFormat.allCases { try? roundTrip(format) }
        // Operations are the same for every format, and each resize compiles its own code: once is enough.
        try? roundTrip(
            .png,
            [
                .resize(.init(width: 16, height: 8, fit: .cover, position: .attention)), .sharpen(.init()), .blur(.init()),
                .grayscale, .rotate(.init(angle: 10)),
            ])
        _ = try Image.copying([UInt8](repeating: 0, count: 4 * 16), width: 4, height: 4, bands: 4)
            .applying("copy", ["interpretation": .integer(Int(VIPS_INTERPRETATION_CMYK.rawValue))])
            .applying("icc_transform", ["output_profile": .text("srgb"), "input_profile": .text("cmyk")])
            .inMemory()
    }

    /// One resize compiles up to 65 programs of some kilobytes each, and a job has only a few resizes at a time.
    /// 128 regions reserve 8 MiB of address space, but only the used part occupies memory.
    private static let codeRegions: Int32 = 128

    private static func roundTrip(_ format: ImageFormat, _ operations: [ImageOperation] = []) throws {
        let image = try sample()
        let options = EncoderOptions(effort: 0)
        let bytes = try Encode.encoded(image, format, options, quality: 50, pageHeight: image.height)
        let pipeline = Pipeline(outputs: [
            OutputSpec(name: "a", operations: operations, format: .fixed(format), encoder: options)
        ])
        _ = try bytes.withBytes {
            try RenderEngine().render(source: $0, overlays: [:], pipeline: pipeline, limits: ImageLimits()) { _, _ in }
        }
    }

    private static func sample() throws -> Image {
        let edge = 32
        let pixels = (0..<edge * edge * 3).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        return try Image.copying(pixels, width: edge, height: edge, bands: 3)
            .applying("copy", ["interpretation": .sRGB])
    }
}
