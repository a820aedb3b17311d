/// Resource limits for processing an image. The defaults are safe for a small server; see `docs/configuration.md`.
package struct ImageLimits: Sendable, Hashable, Codable {
    /// Maximum size of a source in bytes, uploaded or fetched.
    package var sourceBytes: Int
    /// Width x height of the source, summed over all frames.
    package var pixels: Int
    /// Maximum number of frames of an animation.
    package var frames: Int
    /// Wall-clock time for one task in the render process, in seconds.
    package var seconds: Int
    /// Maximum size of one output in bytes.
    package var outputBytes: Int
    /// Maximum total size of a task's outputs in bytes.
    package var taskOutputBytes: Int
    /// Maximum memory in bytes that rendering may need, estimated from the header before a pixel is decoded.
    /// The worker sets it to the memory limit of its render processes.
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
