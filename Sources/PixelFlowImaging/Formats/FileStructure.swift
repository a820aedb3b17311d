/// What the structure of a file reveals without decoding a pixel.
enum FileStructure: Equatable {
    /// The file contains everything that it declares.
    case complete
    /// The file declares more data than it contains.
    case cutOff
    /// The file contradicts itself.
    case broken
    /// An unsupported variant of the format, in the plural: "PNG files of …".
    case unsupported(String)

    /// Called only after a decoder has failed, because it scans the whole file.
    static func of(_ bytes: UnsafeRawBufferPointer, _ format: SourceFormat) -> FileStructure {
        switch format {
        case .jpeg: JPEGFile(bytes).structure
        case .png: PNGFile.structure(of: bytes)
        case .gif: GIFFile(bytes).structure
        case .webp: WebPFile.structure(of: bytes)
        case .tiff: TIFFDirectory.structure(of: bytes)
        case .avif, .heic: ISOFile(bytes).structure
        }
    }
}
