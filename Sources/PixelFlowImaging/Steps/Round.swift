import Foundation
import PixelFlowCore

extension ImageOperation.Round: OperationStep {
    func apply(to frames: inout Frames, marks: OverlaySet) throws {
        let width = frames.width
        let height = frames.height
        let mask = try Image.copying(
            Self.coverage(width: width, height: height, radius: min(radius, min(width, height) / 2)),
            width: width, height: height, bands: 1)
        try frames.mapInPlace { image in
            guard image.hasAlpha else { return try Image.make("bandjoin", ["in": .images([image, mask])]) }
            let alpha = try image.alpha().applying("multiply", on: mask)
                .applying("linear", ["a": .numbers([1.0 / 255]), "b": .numbers([0])])
            let colour = try image.applying("extract_band", ["band": .integer(0), "n": .integer(image.bands - 1)])
            return try Image.make("bandjoin", ["in": .images([colour, try alpha.applying("cast", ["format": .uchar])])])
        }
    }

    func memory(at size: PixelSize, isComputed: Bool) -> StepMemory { .mask(size) }
    var addsAlpha: Bool { true }
    var keepsGrey: Bool { true }

    /// How much of each pixel lies inside the rounded rectangle, 0 to 255.
    private static func coverage(width: Int, height: Int, radius: Int) -> [UInt8] {
        var mask = [UInt8](repeating: 255, count: width * height)
        for y in 0..<radius {
            for x in 0..<radius {
                let dx = Double(radius) - Double(x) - 0.5
                let dy = Double(radius) - Double(y) - 0.5
                let inside = min(max(Double(radius) - (dx * dx + dy * dy).squareRoot() + 0.5, 0), 1)
                let value = UInt8((inside * 255).rounded())
                for row in [y, height - 1 - y] {
                    mask[row * width + x] = value
                    mask[row * width + width - 1 - x] = value
                }
            }
        }
        return mask
    }
}

extension Image {
    /// Applies a binary operation with this image as the left operand.
    func applying(_ name: String, on right: Image) throws -> Image {
        try Image.make(name, ["left": .image(self), "right": .image(right)])
    }
}
