import Foundation
import PixelFlowCore

extension ImageOperation.Rotate: OperationStep {
    func apply(to frames: inout Frames, marks: OverlaySet) throws {
        switch quarterTurns {
        case 0: break
        case 2: try frames.mapInPlace { try $0.applying("rot", ["angle": .integer(2)]) }
        case let turns?:
            try frames.turn { image in
                let turned = try image.applying("rot", ["angle": .integer(turns)])
                // A line of the result is a column of the picture, of which many would be computed for each.
                return image.isInMemory ? turned : try turned.inMemoryBySquares()
            }
        case nil:
            try frames.compute { image in
                // Premultiplied here and not by libvips, which does not premultiply the background.
                let (prepared, background) = try image.prepared(for: self.background, isPremultiplied: true)
                let (cosine, sine) = (cos(angle * .pi / 180), sin(angle * .pi / 180))
                return try prepared.premultiplied {
                    try $0.applying(
                        "affine",
                        ["matrix": .numbers([cosine, -sine, sine, cosine]), "background": background, "premultiplied": .flag(true)])
                }
            }
        }
    }

    func size(after size: PixelSize) -> PixelSize {
        let (width, height) = size
        switch quarterTurns {
        case 0, 2: return size
        case .some: return (height, width)
        case nil:
            let cosine = abs(cos(angle * .pi / 180))
            let sine = abs(sin(angle * .pi / 180))
            return (
                Int(Double(width) * cosine + Double(height) * sine) + 1, Int(Double(width) * sine + Double(height) * cosine) + 1
            )
        }
    }

    func memory(at size: PixelSize, isComputed: Bool) -> StepMemory {
        switch quarterTurns {
        case 0, 2: .none
        case .some: isComputed ? .none : .picture(size)
        case nil: .picture(self.size(after: size))
        }
    }

    func detail(at size: PixelSize) -> SourceDetail { quarterTurns == nil ? .full : .any }
    var addsAlpha: Bool { quarterTurns == nil && background.alpha < 255 }
    var keepsGrey: Bool { true }

    /// 0 to 3 if the angle is a multiple of 90 degrees, otherwise nil.
    private var quarterTurns: Int? {
        guard angle.truncatingRemainder(dividingBy: 90) == 0 else { return nil }
        return ((Int(angle / 90) % 4) + 4) % 4
    }
}

extension ImageOperation.Flip: OperationStep {
    func apply(to frames: inout Frames, marks: OverlaySet) throws {
        try frames.mapInPlace { try $0.applying("flip", ["direction": .integer(1)]) }
    }

    func detail(at size: PixelSize) -> SourceDetail { .any }
    var keepsGrey: Bool { true }
}

extension ImageOperation.Flop: OperationStep {
    func apply(to frames: inout Frames, marks: OverlaySet) throws {
        try frames.mapInPlace { try $0.applying("flip", ["direction": .integer(0)]) }
    }

    func detail(at size: PixelSize) -> SourceDetail { .any }
    var keepsGrey: Bool { true }
}
