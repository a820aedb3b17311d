import Foundation
import PixelFlowCore

extension Frames {
    /// Runs one operation of a pipeline. `mark` brings the decoded image that a watermark names.
    mutating func apply(_ operation: ImageOperation, mark: (TaskID) throws -> Image) throws {
        switch operation {
        case .resize(let resize): try ResizeStep.apply(resize, to: &self)
        case .crop(let crop): try CropStep.apply(crop, to: &self)
        case .rotate(let rotate): try RotateStep.apply(rotate, to: &self)
        case .flip: try RotateStep.mirror(&self, vertically: true)
        case .flop: try RotateStep.mirror(&self, vertically: false)
        case .blur(let blur): try SharpnessStep.blur(blur, &self)
        case .sharpen(let sharpen): try SharpnessStep.sharpen(sharpen, &self)
        case .grayscale: try ToneStep.grayscale(&self)
        case .modulate(let modulate): try ToneStep.modulate(modulate, &self)
        case .gamma(let gamma): try ToneStep.gamma(gamma, &self)
        case .negate: try ToneStep.negate(&self)
        case .tint(let tint): try ToneStep.tint(tint, &self)
        case .flatten(let flatten): try ToneStep.flatten(flatten, &self)
        case .pad(let pad): try BorderStep.pad(pad, &self)
        case .trim(let trim): try BorderStep.trim(trim, &self)
        case .round(let round): try RoundStep.apply(round, to: &self)
        case .watermark(let watermark): try WatermarkStep.apply(watermark, mark: try mark(watermark.image), to: &self)
        }
    }

    /// The size after `operation` if it can grow; checked before any pixel is computed.
    func grown(by operation: ImageOperation) -> (width: Int, height: Int) { Frames.grown((width, height), by: operation) }

    static func grown(_ size: (width: Int, height: Int), by operation: ImageOperation) -> (width: Int, height: Int) {
        let (width, height) = size
        switch operation {
        case .resize(let resize):
            let plan = ResizePlan(resize, width: width, height: height)
            return (max(plan.width, plan.scaledWidth), max(plan.height, plan.scaledHeight))
        case .pad(let pad): return (width + pad.left + pad.right, height + pad.top + pad.bottom)
        case .rotate(let rotate) where rotate.quarterTurns == nil:
            let cosine = abs(cos(rotate.angle * .pi / 180))
            let sine = abs(sin(rotate.angle * .pi / 180))
            return (
                Int(Double(width) * cosine + Double(height) * sine) + 1, Int(Double(width) * sine + Double(height) * cosine) + 1
            )
        default: return (width, height)
        }
    }
}
