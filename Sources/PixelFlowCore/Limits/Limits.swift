/// What an image may cost. The defaults are safe for a small server; see `docs/configuration.md`.
package struct ImageLimits: Sendable, Hashable, Codable {
    /// Maximum size of a source in bytes, uploaded or fetched.
    package var sourceBytes: Int
    /// Width x height of the source, frames summed.
    package var pixels: Int
    /// Frames of an animation.
    package var frames: Int
    /// Wall-clock time for one task in the render process, in seconds.
    package var seconds: Int
    /// Bytes of one output.
    package var outputBytes: Int
    /// Bytes of all outputs of a task together.
    package var taskOutputBytes: Int
    /// Bytes that rendering may need at its peak; estimated from the header before a pixel is decoded.
    /// The worker sets it to what its render processes have.
    package var memoryBytes: Int

    package init(
        sourceBytes: Int = 20 * 1024 * 1024,
        pixels: Int = 50_000_000,
        frames: Int = 1000,
        seconds: Int = 60,
        outputBytes: Int = 128 * 1024 * 1024,
        taskOutputBytes: Int = 256 * 1024 * 1024,
        memoryBytes: Int = 768 * 1024 * 1024
    ) {
        self.sourceBytes = sourceBytes
        self.pixels = pixels
        self.frames = frames
        self.seconds = seconds
        self.outputBytes = outputBytes
        self.taskOutputBytes = taskOutputBytes
        self.memoryBytes = memoryBytes
    }
}
