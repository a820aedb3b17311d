import PixelFlowCore

/// The steps that change colours pixel by pixel.
enum ToneStep {
    static func grayscale(_ frames: inout Frames) throws {
        try frames.mapInPlace { image in
            try image.onColour {
                try $0.applying("colourspace", ["space": .grey]).applying("colourspace", ["space": .sRGB])
            }
        }
    }

    static func modulate(_ modulate: ImageOperation.Modulate, _ frames: inout Frames) throws {
        try frames.mapInPlace { image in
            try image.onColour {
                try $0.applying("colourspace", ["space": .lch])
                    .applying(
                        "linear",
                        ["a": .numbers([modulate.brightness, modulate.saturation, 1]), "b": .numbers([0, 0, modulate.hue])]
                    )
                    .applying("colourspace", ["space": .sRGB])
            }
        }
    }

    static func gamma(_ gamma: ImageOperation.Gamma, _ frames: inout Frames) throws {
        try frames.mapInPlace { image in
            try image.onColour { try $0.applying("gamma", ["exponent": .number(gamma.gamma)]) }
        }
    }

    static func negate(_ frames: inout Frames) throws {
        try frames.mapInPlace { image in try image.onColour { try $0.applying("invert") } }
    }

    /// The lightness of the picture with the chroma of one colour.
    static func tint(_ tint: ImageOperation.Tint, _ frames: inout Frames) throws {
        let chroma = Lab(tint.color)
        try frames.mapInPlace { image in
            try image.onColour { colour in
                try colour.applying("colourspace", ["space": .lab])
                    .applying("linear", ["a": .numbers([1, 0, 0]), "b": .numbers([0, chroma.a, chroma.b])])
                    .applying("colourspace", ["space": .sRGB])
            }
        }
    }

    static func flatten(_ flatten: ImageOperation.Flatten, _ frames: inout Frames) throws {
        try frames.mapInPlace { try $0.flattened(on: flatten.background) }
    }
}
