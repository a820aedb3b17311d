import PixelFlowCore

/// Finds out what is wrong with a source that a decoder has refused, or decoded under protest.
enum SourceFault {
    /// Names the failure of a decoder by what the file itself says, and only then by what the decoder said.
    static func failure(_ error: VipsError, _ source: UnsafeRawBufferPointer, _ format: SourceFormat) -> RenderError {
        switch FileStructure.of(source, format) {
        case .unsupported(let name): .unsupported(name)
        case .cutOff: .truncated
        case .broken: .damaged
        case .whole: isUnsupported(error) ? .unsupported(format) : lacksData(error, format) ? .truncated : .damaged
        }
    }

    /// What libjpeg says of data that it has got over by making up the rest; nil for oddities that cost no pixel.
    static func failure(noted error: VipsError, _ source: UnsafeRawBufferPointer, _ format: SourceFormat) -> RenderError? {
        guard format == .jpeg, damage.contains(where: error.description.contains) else { return nil }
        return failure(error, source, format)
    }

    private static func isUnsupported(_ error: VipsError) -> Bool {
        let text = error.description.lowercased()
        return ["unsupported", "not supported", "not implemented", "not compiled"].contains { text.contains($0) }
    }

    private static func lacksData(_ error: VipsError, _ format: SourceFormat) -> Bool {
        // Of a PNG file whose checksums are right nothing can be wrong but that there is too little of it.
        format == .png || shortage.contains { error.description.contains($0) }
    }

    /// libjpeg, twice; a restart that comes to the end of the file; libheif.
    private static let shortage = [
        "premature end of data segment", "Premature end of JPEG file", "found marker 0xd9", "outside of file bounds",
    ]

    private static let damage = shortage + ["bad Huffman code", "bad arithmetic code", "instead of RST"]
}
