/// The formats PixelFlow writes.
package enum ImageFormat: String, Sendable, Hashable, Codable, CaseIterable {
    case jpeg, png, webp, avif, gif, tiff

    package var mediaType: String { "image/\(rawValue)" }

    package var fileExtension: String { self == .jpeg ? "jpg" : rawValue }
}
