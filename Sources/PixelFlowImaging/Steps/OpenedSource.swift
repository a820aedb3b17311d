/// The source as it was opened for its header. A decoder keeps its buffers for as long as its image is held, so the
/// image is handed out once and held here no longer.
final class OpenedSource {
    private var image: Image?
    /// Numbers in a pixel of the source, and bytes in each of them.
    let bands: Int
    let bytesPerBand: Int
    /// Whether the pixels lie in several passes over the whole picture: progressive JPEG, interlaced PNG.
    let isInterlaced: Bool

    init(_ image: Image) {
        self.image = image
        bands = image.bands
        bytesPerBand = image.bytesPerBand
        isInterlaced = image.integer("interlaced") == 1 || image.integer("jpeg-multiscan") == 1
    }

    /// - Returns: nil if it is not `wanted`, or has been taken before.
    func take(_ wanted: Bool) -> Image? {
        defer { if wanted { image = nil } }
        return wanted ? image : nil
    }
}
