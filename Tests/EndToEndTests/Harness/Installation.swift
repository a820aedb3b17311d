/// A running PixelFlow, in whatever deployment.
protocol Installation: Sendable {
    /// The ports of its services on this machine.
    var ports: Ports { get }
}
