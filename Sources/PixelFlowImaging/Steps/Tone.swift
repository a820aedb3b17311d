import PixelFlowCore

/// A step that changes the colour of each pixel independently, at any scale.
protocol ToneStep: OperationStep {
    func apply(to image: Image) throws -> Image
}

extension ToneStep {
    func apply(to frames: inout Frames, marks: OverlaySet) throws { try frames.mapInPlace(apply) }
    func detail(at size: PixelSize) -> SourceDetail { .any }
}

extension ImageOperation.Grayscale: ToneStep {
    func apply(to image: Image) throws -> Image {
        try image.onColour {
            try $0.applying("colourspace", ["space": .grey]).applying("colourspace", ["space": .sRGB])
        }
    }
}

extension ImageOperation.Modulate: ToneStep {
    func apply(to image: Image) throws -> Image {
        try image.onColour {
            try $0.applying("colourspace", ["space": .lch])
                .applying("linear", ["a": .numbers([brightness, saturation, 1]), "b": .numbers([0, 0, hue])])
                .applying("colourspace", ["space": .sRGB])
        }
    }
}

extension ImageOperation.Gamma: ToneStep {
    func apply(to image: Image) throws -> Image {
        try image.onColour { try $0.applying("gamma", ["exponent": .number(gamma)]) }
    }

    var keepsGrey: Bool { true }
}

extension ImageOperation.Negate: ToneStep {
    func apply(to image: Image) throws -> Image { try image.onColour { try $0.applying("invert") } }
    var keepsGrey: Bool { true }
}

/// Combines the lightness of the picture with the chroma of one colour.
extension ImageOperation.Tint: ToneStep {
    func apply(to image: Image) throws -> Image {
        let samples = try image.samples(of: color)
        let chroma = samples.count == 3 ? Lab(Color(red: UInt8(samples[0]), green: UInt8(samples[1]), blue: UInt8(samples[2]))) : Lab(color)
        return try image.onColour { colour in
            try colour.applying("colourspace", ["space": .lab])
                .applying("linear", ["a": .numbers([1, 0, 0]), "b": .numbers([0, chroma.a, chroma.b])])
                .applying("colourspace", ["space": .sRGB])
        }
    }
}

extension ImageOperation.Flatten: ToneStep {
    func apply(to image: Image) throws -> Image { try image.flattened(on: background) }
    var keepsGrey: Bool { true }
}
