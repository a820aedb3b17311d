import PixelFlowCore

/// The picture of one output on its way through the steps: one image, or one for each frame.
struct Frames {
    /// Never empty; all of one size.
    private(set) var images: [Image]
    /// The nominal size for steps. Until the first resize it is that of the source, regardless of how much
    /// the decoder has shrunk the image.
    private(set) var width: Int
    private(set) var height: Int
    /// Milliseconds for each frame; empty for a still.
    let delays: [Int]
    /// How often an animation plays; 0 for ever.
    let loop: Int

    init(_ images: [Image], width: Int, height: Int, delays: [Int] = [], loop: Int = 0) {
        self.images = images
        self.width = width
        self.height = height
        self.delays = delays
        self.loop = loop
    }

    var first: Image { images[0] }

    /// The same picture without motion.
    var still: Frames { Frames([images[0]], width: width, height: height) }

    /// Runs a step on every frame and adopts the resulting size.
    mutating func map(_ step: (Image) throws -> Image) rethrows {
        images = try images.map(step)
        width = images[0].width
        height = images[0].height
    }

    /// Runs a step that leaves the size as it is.
    mutating func mapInPlace(_ step: (Image) throws -> Image) rethrows { images = try images.map(step) }

    /// Exchanges width and height, for steps that turn the picture.
    mutating func turn(_ step: (Image) throws -> Image) rethrows {
        images = try images.map(step)
        swap(&width, &height)
    }
}
