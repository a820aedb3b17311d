import PixelFlowCore

/// The picture of one output between steps: one image, or one per frame.
struct Frames {
    /// Never empty; all images have the same size.
    private(set) var images: [Image]
    /// The nominal size for steps. Until the first resize it is that of the source, even if the decoder has
    /// already shrunk the image.
    private(set) var width: Int
    private(set) var height: Int
    /// Milliseconds for each frame; empty for a still picture.
    let delays: [Int]
    /// How often an animation plays; 0 means indefinitely.
    let loop: Int

    init(_ images: [Image], width: Int, height: Int, delays: [Int] = [], loop: Int = 0) {
        self.images = images
        self.width = width
        self.height = height
        self.delays = delays
        self.loop = loop
    }

    var first: Image { images[0] }

    /// The first frame, as a still picture.
    var still: Frames { Frames([images[0]], width: width, height: height) }

    /// Applies a step to every frame and adopts the resulting size.
    mutating func map(_ step: (Image) throws -> Image) rethrows {
        images = try images.map(step)
        width = images[0].width
        height = images[0].height
    }

    /// Applies a step whose pixels depend on others around them, and computes the result, because later steps would compute parts of
    /// it several times.
    mutating func compute(_ step: (Image) throws -> Image) throws { try map { try step($0).inMemoryBySquares() } }

    /// Applies a step that does not change the size.
    mutating func mapInPlace(_ step: (Image) throws -> Image) rethrows { images = try images.map(step) }

    /// Applies a step that swaps width and height.
    mutating func turn(_ step: (Image) throws -> Image) rethrows {
        images = try images.map(step)
        swap(&width, &height)
    }
}
