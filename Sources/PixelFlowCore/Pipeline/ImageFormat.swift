/// The formats PixelFlow writes.
public enum ImageFormat: String, Sendable, Hashable, Codable, CaseIterable {
    case jpeg, png, webp, avif, gif, tiff

    public var mediaType: String { "image/\(rawValue)" }

    public var fileExtension: String { self == .jpeg ? "jpg" : rawValue }
}
