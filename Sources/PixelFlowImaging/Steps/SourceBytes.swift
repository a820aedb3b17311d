/// The bytes that a decoder reads: the source's own, or a copy with an end mark that the source lacks, without planes that the
/// decoder would mistake, or with the transparency of GIF that it would paint over.
///
/// Decoders take a missing mark for missing pixels. Here the mark is given to them, and whether pixels are missing is
/// seen from the pixels.
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
        // With something behind the end mark, a second one is never reached.
        case .jpeg: JPEGFile.endsWithMark(source) ? [] : JPEGFile.endMark
        case .gif: source.last == GIFFile.trailer || !GIFFile(source).lacksTrailer ? [] : [GIFFile.trailer]
        case .webp: WebPFile.lacksPadding(source) ? [0] : []
        case .png, .tiff, .avif, .heic: []
        }
    }
}
