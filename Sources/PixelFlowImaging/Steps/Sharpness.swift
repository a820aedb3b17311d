import PixelFlowCore

enum SharpnessStep {
    static func blur(_ blur: ImageOperation.Blur, _ frames: inout Frames) throws {
        try frames.map { image in
            try image.premultiplied { try $0.applying("gaussblur", ["sigma": .number(blur.sigma)]) }
        }
    }

    static func sharpen(_ sharpen: ImageOperation.Sharpen, _ frames: inout Frames) throws {
        try frames.map { image in
            try image.onColour {
                try $0.applying(
                    "sharpen",
                    [
                        "sigma": .number(sharpen.sigma), "m1": .number(sharpen.m1), "m2": .number(sharpen.m2),
                        "x1": .number(sharpen.x1), "y2": .number(sharpen.y2), "y3": .number(sharpen.y3),
                    ])
            }
        }
    }
}
