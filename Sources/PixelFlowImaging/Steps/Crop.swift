import CVips
import PixelFlowCore

enum CropStep {
    static func apply(_ crop: ImageOperation.Crop, to frames: inout Frames) throws {
        switch crop.place {
        case .position(let position):
            try cut(&frames, width: min(crop.width, frames.width), height: min(crop.height, frames.height), position)
        case .offset(let left, let top):
            guard left < frames.width, top < frames.height else {
                throw OutputError(code: "crop_outside_image", message: "The crop rectangle lies outside the image.")
            }
            let width = min(crop.width, frames.width - left)
            let height = min(crop.height, frames.height - top)
            try frames.map { try $0.cut(left: left, top: top, width: width, height: height) }
        }
    }

    /// Cuts every frame at the same place, so that an animation does not jump.
    static func cut(_ frames: inout Frames, width: Int, height: Int, _ position: Position) throws {
        guard width < frames.width || height < frames.height else { return }
        let (left, top) = try corner(&frames, width: width, height: height, position)
        try frames.map { try $0.cut(left: left, top: top, width: width, height: height) }
    }

    private static func corner(
        _ frames: inout Frames, width: Int, height: Int, _ position: Position
    ) throws -> (left: Int, top: Int) {
        let free = (x: frames.width - width, y: frames.height - height)
        switch position {
        case .gravity:
            let anchor = position.anchor ?? (0.5, 0.5)
            return (Int(Double(free.x) * anchor.x), Int(Double(free.y) * anchor.y))
        case .focalPoint(let x, let y):
            let left = Int((x * Double(frames.width) - Double(width) / 2).rounded())
            let top = Int((y * Double(frames.height) - Double(height) / 2).rounded())
            return (min(max(0, left), free.x), min(max(0, top), free.y))
        case .attention, .entropy:
            // The search reads the pixels more than once: compute them once.
            try frames.mapInPlace { try $0.inMemory() }
            let strategy = position == .entropy ? VIPS_INTERESTING_ENTROPY : VIPS_INTERESTING_ATTENTION
            let found = try frames.first.applying(
                "smartcrop",
                ["width": .integer(width), "height": .integer(height), "interesting": .integer(Int(strategy.rawValue))],
                as: "input")
            return (min(max(0, -found.offset.x), free.x), min(max(0, -found.offset.y), free.y))
        }
    }
}
