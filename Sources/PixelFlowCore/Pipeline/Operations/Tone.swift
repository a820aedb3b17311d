extension ImageOperation {
    package struct Grayscale: Sendable, Hashable {}

    package struct Negate: Sendable, Hashable {}

    /// Scales brightness and saturation, and rotates the hue.
    package struct Modulate: Sendable, Hashable {
        /// Factor of the lightness, 0 to 10.
        package var brightness: Double
        /// Factor of the chroma, 0 to 10.
        package var saturation: Double
        /// Degrees, -360 to 360.
        package var hue: Double

        package init(brightness: Double = 1, saturation: Double = 1, hue: Double = 0) {
            self.brightness = brightness
            self.saturation = saturation
            self.hue = hue
        }
    }

    /// Raises every channel to 1 / gamma: values above 1 brighten midtones, values below 1 darken them.
    package struct Gamma: Sendable, Hashable {
        /// 0.1 to 10.
        package var gamma: Double

        package init(gamma: Double = 2.2) { self.gamma = gamma }
    }

    /// Keeps the lightness and replaces the chroma with that of one colour.
    package struct Tint: Sendable, Hashable {
        package var color: Color

        package init(color: Color) { self.color = color }
    }

    /// Places the image on a background and drops the alpha channel.
    package struct Flatten: Sendable, Hashable {
        package var background: Color

        package init(background: Color = .white) { self.background = background }
    }

    package static let grayscale = Self(Grayscale())
    package static let negate = Self(Negate())
    package static func modulate(_ parameters: Modulate) -> Self { Self(parameters) }
    package static func gamma(_ parameters: Gamma) -> Self { Self(parameters) }
    package static func tint(_ parameters: Tint) -> Self { Self(parameters) }
    package static func flatten(_ parameters: Flatten) -> Self { Self(parameters) }
}

extension ImageOperation.Grayscale: OperationParameters {
    package static let declaration = OperationDeclaration(
        "grayscale", label: "Black and white", "Removes the colours.", defaults: Self())
}

extension ImageOperation.Negate: OperationParameters {
    package static let declaration = OperationDeclaration(
        "negate", label: "Negative", "Inverts every channel but alpha.", defaults: Self())
}

extension ImageOperation.Modulate: OperationParameters {
    package static let declaration = OperationDeclaration(
        "modulate", label: "Brightness and colour", "Changes lightness, chroma and hue.", defaults: Self(),
        example: Self(brightness: 1.1),
        [
            Parameter(
                "brightness", \.brightness, .number(0...10), label: "Brightness", "factor of the lightness",
                hints: .init(slider: 0...3, step: 0.05)),
            Parameter(
                "saturation", \.saturation, .number(0...10), label: "Saturation", "factor of the chroma",
                hints: .init(slider: 0...3, step: 0.05)),
            Parameter(
                "hue", \.hue, .number(-360...360), label: "Hue", "rotation of the hue in degrees",
                hints: .init(unit: "°", slider: -360...360)),
        ])
}

extension ImageOperation.Gamma: OperationParameters {
    package static let declaration = OperationDeclaration(
        "gamma", label: "Gamma", "Raises every channel to 1 / `gamma`.", defaults: Self(),
        [
            Parameter(
                "gamma", \.gamma, .number(0.1...10), label: "Gamma", "above 1 brightens the middle, below 1 darkens it",
                hints: .init(slider: 0.1...10, step: 0.1))
        ])
}

extension ImageOperation.Tint: OperationParameters {
    package static let declaration = OperationDeclaration(
        "tint", label: "Tint", "Keeps the lightness and replaces the chroma with that of one colour.",
        defaults: Self(color: Color(red: 0xc0, green: 0x8a, blue: 0x4e)),
        [Parameter("color", \.color, .color, isRequired: true, label: "Colour", "the colour whose chroma is used")])
}

extension ImageOperation.Flatten: OperationParameters {
    package static let declaration = OperationDeclaration(
        "flatten", label: "Fill transparency", "Puts the image on a background and drops the alpha channel.", defaults: Self(),
        [Parameter("background", \.background, .color, label: "Background", "visible where the image is transparent")])
}
