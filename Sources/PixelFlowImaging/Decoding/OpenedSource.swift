/// The source as opened for its header. A decoder keeps its buffers while its image is referenced, so the
/// image is handed out once and then released here.
final class OpenedSource {
    private var image: Image?
    /// Samples per pixel of the source, and bytes per sample.
    let bands: Int
    let bytesPerBand: Int
    /// Whether the pixels are stored in several passes over the whole picture: progressive JPEG, interlaced PNG.
    let isInterlaced: Bool

    init(_ image: Image) {
        self.image = image
        bands = image.bands
        bytesPerBand = image.bytesPerBand
        isInterlaced = image.integer("interlaced") == 1 || image.integer("jpeg-multiscan") == 1
    }

    /// - Returns: nil if it is not `wanted`, or has already been taken.
    func take(_ wanted: Bool) -> Image? {
        defer { if wanted { image = nil } }
        return wanted ? image : nil
    }
}
