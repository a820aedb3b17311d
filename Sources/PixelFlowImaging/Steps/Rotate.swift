import PixelFlowCore

enum RotateStep {
    static func apply(_ rotate: ImageOperation.Rotate, to frames: inout Frames) throws {
        switch rotate.quarterTurns {
        case 0: break
        case 2: try frames.mapInPlace { try $0.applying("rot", ["angle": .integer(2)]) }
        case let turns?: try frames.turn { try $0.applying("rot", ["angle": .integer(turns)]) }
        case nil:
            try frames.map { image in
                let (prepared, background) = try image.prepared(for: rotate.background)
                return try prepared.applying("rotate", ["angle": .number(rotate.angle), "background": background])
            }
        }
    }

    /// Upside down, or left to right.
    static func mirror(_ frames: inout Frames, vertically: Bool) throws {
        try frames.mapInPlace { try $0.applying("flip", ["direction": .integer(vertically ? 1 : 0)]) }
    }
}
