/// A PixelFlow that is running, in whatever way.
protocol Installation: Sendable {
    /// Where its services listen, on this machine.
    var ports: Ports { get }
}
