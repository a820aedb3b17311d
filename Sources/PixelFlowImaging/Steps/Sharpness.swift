import PixelFlowCore

extension ImageOperation.Blur: OperationStep {
    func apply(to frames: inout Frames, marks: OverlaySet) throws {
        try frames.compute { image in
            try image.premultiplied { try $0.applying("gaussblur", ["sigma": .number(sigma)]) }
        }
    }

    func memory(at size: PixelSize, isComputed: Bool) -> StepMemory { .picture(size) }
    var keepsGrey: Bool { true }
}

extension ImageOperation.Sharpen: OperationStep {
    func apply(to frames: inout Frames, marks: OverlaySet) throws {
        try frames.compute { image in
            try image.onColour {
                try $0.applying(
                    "sharpen",
                    [
                        "sigma": .number(sigma), "m1": .number(m1), "m2": .number(m2), "x1": .number(x1), "y2": .number(y2),
                        "y3": .number(y3),
                    ])
            }
        }
    }

    func memory(at size: PixelSize, isComputed: Bool) -> StepMemory { .picture(size) }
    var keepsGrey: Bool { true }
}
