/// What an image may cost. The defaults are safe for a small server; see `docs/configuration.md`.
public struct ImageLimits: Sendable, Hashable, Codable {
    /// Bytes of one source, uploaded or fetched.
    public var sourceBytes: Int
    /// Width x height of the source, frames summed.
    public var pixels: Int
    /// Frames of an animation.
    public var frames: Int
    /// Wall-clock time for one task in the render process, in seconds.
    public var seconds: Int
    /// Bytes of one output.
    public var outputBytes: Int
    /// Bytes of all outputs of a task together.
    public var taskOutputBytes: Int
    /// Bytes that rendering may need at its peak; estimated from the header before a pixel is decoded.
    /// The worker sets it to what its render processes have.
    public var memoryBytes: Int

    public init(
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
