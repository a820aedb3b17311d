/// The bytes that a decoder reads: the source itself, or a copy with an end marker that the source lacks, or with changes for what the
/// decoder would misread.
///
/// Decoders report a missing end marker as missing pixels. So this appends the marker, and other checks determine whether pixels
/// are missing.
final class SourceBytes {
    let bytes: UnsafeRawBufferPointer
    /// The indexes of frames that the source does not have.
    let insertedFrames: Set<Int>
    /// The transformations that the decoder does not see.
    let transforms: ISOTransforms?
    private let copy: UnsafeMutableRawBufferPointer?

    /// Borrows `source`, which must outlive this object.
    init(_ source: UnsafeRawBufferPointer, _ format: SourceFormat, _ directory: TIFFDirectory? = nil) {
        let ending = Self.missingEnd(source, format)
        let needsChanges = directory?.needsChanges ?? false
        transforms = format.isISOMedia ? ISOFile(source).transformsWithoutAlpha : nil
        let canvas = format == .gif ? GIFCanvas.transparent(source) : nil
        let changed = format == .png ? PNGFile.withEXIFFirst(source) : canvas?.file
        insertedFrames = canvas?.inserted ?? []
        guard !ending.isEmpty || needsChanges || changed != nil || transforms != nil else {
            (bytes, copy) = (source, nil)
            return
        }
        let length = changed?.count ?? source.count
        let whole = UnsafeMutableRawBufferPointer.allocate(byteCount: length + ending.count, alignment: 16)
        if let changed { whole.copyBytes(from: changed) } else { whole.copyMemory(from: source) }
        UnsafeMutableRawBufferPointer(rebasing: whole[length...]).copyBytes(from: ending)
        if needsChanges { directory?.change(whole) }
        for entry in transforms?.associations ?? [] { for offset in entry { whole[offset] = 0 } }
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
