/// What the structure of a file reveals without decoding a pixel.
enum FileStructure: Equatable {
    /// Everything that the file announces is there.
    case whole
    /// The file announces more than there is.
    case cutOff
    /// The file contradicts itself.
    case broken
    /// A kind of its format that is not read, in the plural: "PNG files of …".
    case unsupported(String)

    /// Used only if a decoder has failed: it needs a scan of the file.
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
