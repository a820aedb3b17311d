import PixelFlowCore

/// The arithmetic of `resize`: the size to which the image is scaled, and the box into which it is then placed.
struct ResizePlan: Equatable {
    /// The size after scaling.
    let scaledWidth: Int
    let scaledHeight: Int
    /// The size of the result: smaller than the scaled size for `cover`, larger for `contain`.
    let width: Int
    let height: Int

    init(_ resize: ImageOperation.Resize, width: Int, height: Int) {
        let horizontal = resize.width.map { Double($0) / Double(width) }
        let vertical = resize.height.map { Double($0) / Double(height) }
        let limit = resize.enlarge ? Double.infinity : 1
        var scaleX = horizontal ?? vertical ?? 1
        var scaleY = vertical ?? horizontal ?? 1
        switch resize.fit {
        case .fill: (scaleX, scaleY) = (min(scaleX, limit), min(scaleY, limit))
        case .cover, .outside: scaleX = min(max(scaleX, scaleY), limit)
        case .contain, .inside: scaleX = min(scaleX, scaleY, limit)
        }
        if resize.fit != .fill { scaleY = scaleX }
        scaledWidth = ResizePlan.edge(width, scaleX)
        scaledHeight = ResizePlan.edge(height, scaleY)
        switch resize.fit {
        case .cover:
            self.width = min(resize.width ?? scaledWidth, scaledWidth)
            self.height = min(resize.height ?? scaledHeight, scaledHeight)
        case .contain:
            self.width = resize.width ?? scaledWidth
            self.height = resize.height ?? scaledHeight
        case .fill, .inside, .outside:
            self.width = scaledWidth
            self.height = scaledHeight
        }
    }

    private static func edge(_ length: Int, _ scale: Double) -> Int {
        max(1, Int((Double(length) * scale).rounded()))
    }
}
