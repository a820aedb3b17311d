/// The bytes that a decoder reads: the source itself, or a copy with an end marker that the source lacks, without planes that the
/// decoder would misread, or with the GIF transparency that it would paint over.
///
/// Decoders report a missing end marker as missing pixels. So this appends the marker, and other checks determine whether pixels
/// are missing.
final class SourceBytes {
    let bytes: UnsafeRawBufferPointer
    private let copy: UnsafeMutableRawBufferPointer?

    /// Borrows `source`, which must outlive this object.
    init(_ source: UnsafeRawBufferPointer, _ format: SourceFormat, _ directory: TIFFDirectory? = nil) {
        let ending = Self.missingEnd(source, format)
        let hasPlanes = directory?.hasPlanesOfGrey ?? false
        let changed = format == .gif ? GIFCanvas.transparent(source) : nil
        guard !ending.isEmpty || hasPlanes || changed != nil else {
            (bytes, copy) = (source, nil)
            return
        }
        let length = changed?.count ?? source.count
        let whole = UnsafeMutableRawBufferPointer.allocate(byteCount: length + ending.count, alignment: 16)
        if let changed { whole.copyBytes(from: changed) } else { whole.copyMemory(from: source) }
        UnsafeMutableRawBufferPointer(rebasing: whole[length...]).copyBytes(from: ending)
        if hasPlanes { directory?.keepFirstPlane(of: whole) }
        (bytes, copy) = (UnsafeRawBufferPointer(whole), whole)
    }

    deinit { copy?.deallocate() }

    private static func missingEnd(_ source: UnsafeRawBufferPointer, _ format: SourceFormat) -> [UInt8] {
        switch format {
        // If data follows the end marker, decoders never read a second one.
        case .jpeg: JPEGFile.endsWithMark(source) ? [] : JPEGFile.endMark
        case .gif: source.last == GIFFile.trailer || !GIFFile(source).lacksTrailer ? [] : [GIFFile.trailer]
        case .webp: WebPFile.lacksPadding(source) ? [0] : []
        case .png, .tiff, .avif, .heic: []
        }
    }
}
