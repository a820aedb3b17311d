import CVips
import PixelFlowCore

/// Makes one picture of the frames, as the format and the options want it.
enum Finish {
    /// Fields that tell of the camera, the place and the people.
    private static let privateFields = [
        "exif-data", "xmp-data", "iptc-data", "photoshop-data", "png-comment-0-Comment", "gif-comment", "jpeg-thumbnail-data",
    ]

    static func joined(_ frames: Frames, _ format: ImageFormat, _ options: EncoderOptions) throws -> Image {
        let images = format == .jpeg ? try frames.images.map { try $0.flattened(on: .white) } : frames.images
        let image = images.count == 1 ? images[0] : try animation(images, frames)
        return options.strip ? try image.removing(privateFields) : image
    }

    private static func animation(_ images: [Image], _ frames: Frames) throws -> Image {
        let stacked = try Image.make("arrayjoin", ["in": .images(images), "across": .integer(1)])
        return try stacked.withMetadata { copy in
            vips_image_set_int(copy, "page-height", Int32(clamping: images[0].height))
            vips_image_set_int(copy, "loop", Int32(clamping: frames.loop))
            var delays = frames.delays.map { Int32(clamping: $0) }
            if !delays.isEmpty { vips_image_set_array_int(copy, "delay", &delays, Int32(delays.count)) }
        }
    }

    /// What the format cannot hold is said before the encoder is asked.
    static func check(_ frames: Frames, _ format: ImageFormat) throws {
        let limit = format == .webp ? 16_383 : 65_535
        guard frames.width <= limit, frames.height <= limit else {
            throw OutputFailure(
                code: "dimensions_unsupported",
                message: "\(format.rawValue) holds \(limit) pixels an edge; the output has \(frames.width) x \(frames.height).")
        }
    }
}
