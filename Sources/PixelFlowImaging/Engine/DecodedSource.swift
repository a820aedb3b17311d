import PixelFlowCore

/// The pixels of a source, decoded once for all outputs with the same colour conversion.
final class DecodedSource {
    private let source: UnsafeRawBufferPointer
    private let header: SourceHeader
    private let options: LoadOptions
    private let preferred: EncoderOptions.ColorProfile
    private var decoded: [EncoderOptions.ColorProfile: Frames] = [:]

    init(_ source: UnsafeRawBufferPointer, _ header: SourceHeader, _ pipeline: Pipeline, limits: ImageLimits) {
        self.source = source
        self.header = header
        options = ShrinkChoice.options(for: header, pipeline)
        preferred = header.colours(of: pipeline).contains(.srgb) ? .srgb : .keep
    }

    func frames(for spec: OutputSpec) throws -> Frames {
        let frames = try frames(in: header.colours(of: spec))
        return spec.animated ? frames : frames.still
    }

    func metadata() throws -> SourceMetadata {
        let summary = try VisualSummary(try frames(in: preferred).first)
        return SourceMetadata(
            format: header.format.rawValue, width: header.uprightWidth, height: header.uprightHeight, bytes: source.count,
            frames: header.frames, orientation: header.orientation, hasAlpha: header.hasAlpha,
            blurhash: summary.blurhash, dominantColor: summary.dominantColor)
    }

    private func frames(in profile: EncoderOptions.ColorProfile) throws -> Frames {
        if let known = decoded[profile] { return known }
        let frames = try Decode.frames(of: source, header, options, profile, isFresh: decoded.isEmpty)
        decoded[profile] = frames
        return frames
    }
}

extension SourceHeader {
    /// The colour spaces in which the outputs of a pipeline need the pixels. Each is decoded once.
    func colours(of pipeline: Pipeline) -> Set<EncoderOptions.ColorProfile> { Set(pipeline.outputs.map(colours)) }

    /// Grey pixels keep their values and profile only if the image stays grey until the end, because a grey profile does not fit
    /// the result of other formats and steps.
    func colours(of spec: OutputSpec) -> EncoderOptions.ColorProfile {
        guard spec.encoder.colorProfile == .keep, layout.model == .grey else { return spec.encoder.colorProfile }
        let format = Encode.chosenFormat(spec.format, source: format, hasAlpha: hasAlpha)
        return [.jpeg, .png, .tiff].contains(format) && spec.operations.allSatisfy(\.step.keepsGrey) ? .keep : .srgb
    }
}
