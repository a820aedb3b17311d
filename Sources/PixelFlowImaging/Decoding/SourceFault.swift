import PixelFlowCore

/// Determines what is wrong with a source that a decoder has rejected, or decoded with warnings.
enum SourceFault {
    /// Classifies a decoder failure by the structure of the file first, and by the decoder's message second.
    static func failure(_ error: VipsError, _ source: UnsafeRawBufferPointer, _ format: SourceFormat) -> RenderError {
        switch FileStructure.of(source, format) {
        case .unsupported(let name): .unsupported(name)
        case .cutOff: .truncated
        case .broken: .damaged
        case .complete:
            unsupported(error, source, format).map(RenderError.unsupported)
                ?? (lacksData(error, source, format) ? .truncated : .damaged)
        }
    }

    /// Classifies warnings of libjpeg about replaced data; nil for warnings that affect no pixel.
    static func failure(noted error: VipsError, _ source: UnsafeRawBufferPointer, _ format: SourceFormat) -> RenderError? {
        guard format == .jpeg || format == .tiff, damage.contains(where: error.description.contains) else { return nil }
        return failure(error, source, format)
    }

    /// The unsupported variant, in the plural.
    private static func unsupported(_ error: VipsError, _ source: UnsafeRawBufferPointer, _ format: SourceFormat) -> String? {
        if format == .tiff, let name = TIFFDirectory.missingCompression(source, error.description) { return name }
        let text = error.description.lowercased()
        let name = format.rawValue.uppercased()
        if text.contains("exceeds the maximum image size") { return "\(name) files of more than 16,384 pixels an edge" }
        let isUnsupported = ["unsupported", "not supported", "not implemented", "not compiled"].contains { text.contains($0) }
        return isUnsupported ? "\(name) files of this kind" : nil
    }

    private static func lacksData(_ error: VipsError, _ source: UnsafeRawBufferPointer, _ format: SourceFormat) -> Bool {
        format == .png ? PNGFile.lacksData(source) : shortage.contains { error.description.contains($0) }
    }

    /// Two messages of libjpeg, one of a restart that meets the end of the file, and one of libheif.
    private static let shortage = [
        "premature end of data segment", "Premature end of JPEG file", "found marker 0xd9", "outside of file bounds",
    ]

    private static let damage = shortage + ["bad Huffman code", "bad arithmetic code", "instead of RST"]
}
