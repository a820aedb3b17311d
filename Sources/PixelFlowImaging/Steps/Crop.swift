import CVips
import PixelFlowCore

extension ImageOperation.Crop: OperationStep {
    func apply(to frames: inout Frames, marks: OverlaySet) throws {
        switch location {
        case .position(let position):
            try frames.cut(width: min(self.width, frames.width), height: min(self.height, frames.height), position)
        case .offset(let left, let top):
            guard left < frames.width, top < frames.height else {
                throw OutputError(code: "crop_outside_image", message: "The crop rectangle lies outside the image.")
            }
            let width = min(self.width, frames.width - left)
            let height = min(self.height, frames.height - top)
            try frames.map { try $0.cut(left: left, top: top, width: width, height: height) }
        }
    }

    /// At least one pixel, although an output whose crop lies outside the image fails: later steps must be able to compute with it.
    func size(after size: PixelSize) -> PixelSize {
        switch location {
        case .position: (min(width, size.width), min(height, size.height))
        case .offset(let left, let top): (min(width, max(1, size.width - left)), min(height, max(1, size.height - top)))
        }
    }

    func memory(at size: PixelSize, isComputed: Bool) -> StepMemory {
        if case .position(let position) = location, position.isSearched, !isComputed { .picture(size) } else { .none }
    }

    var keepsGrey: Bool { true }
}

extension Position {
    /// Whether the crop position depends on the pixels; if so, they are all computed for the search.
    var isSearched: Bool { anchor == nil }
}

extension Frames {
    /// Crops every frame at the same position, so that an animation does not jump.
    mutating func cut(width: Int, height: Int, _ position: Position) throws {
        guard width < self.width || height < self.height else { return }
        let (left, top) = try corner(width: width, height: height, position)
        try map { try $0.cut(left: left, top: top, width: width, height: height) }
    }

    private mutating func corner(width: Int, height: Int, _ position: Position) throws -> (left: Int, top: Int) {
        let free = (x: self.width - width, y: self.height - height)
        switch position {
        case .gravity:
            let anchor = position.anchor ?? (0.5, 0.5)
            return (Int(Double(free.x) * anchor.x), Int(Double(free.y) * anchor.y))
        case .focalPoint(let x, let y):
            let left = Int((x * Double(self.width) - Double(width) / 2).rounded())
            let top = Int((y * Double(self.height) - Double(height) / 2).rounded())
            return (min(max(0, left), free.x), min(max(0, top), free.y))
        case .attention, .entropy:
            // The search reads the pixels several times: compute them once.
            try mapInPlace { try $0.inMemory() }
            let strategy = position == .entropy ? VIPS_INTERESTING_ENTROPY : VIPS_INTERESTING_ATTENTION
            let found = try first.applying(
                "smartcrop",
                ["width": .integer(width), "height": .integer(height), "interesting": .integer(Int(strategy.rawValue))],
                as: "input")
            return (min(max(0, -found.offset.x), free.x), min(max(0, -found.offset.y), free.y))
        }
    }
}
