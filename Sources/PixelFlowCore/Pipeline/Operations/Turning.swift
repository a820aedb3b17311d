extension ImageOperation {
    /// Rotates clockwise; lossless for multiples of 90 degrees.
    package struct Rotate: Sendable, Hashable {
        /// Degrees, -360 to 360.
        package var angle: Double
        /// Fills the corners at other angles.
        package var background: Color

        package init(angle: Double, background: Color = .white) {
            self.angle = angle
            self.background = background
        }
    }

    /// Mirrors top to bottom.
    package struct Flip: Sendable, Hashable {}

    /// Mirrors left to right.
    package struct Flop: Sendable, Hashable {}

    package static func rotate(_ parameters: Rotate) -> Self { Self(parameters) }
    package static let flip = Self(Flip())
    package static let flop = Self(Flop())
}

extension ImageOperation.Rotate: OperationParameters {
    package static let declaration = OperationDeclaration(
        "rotate", label: "Rotate", "Rotates clockwise. Multiples of 90 degrees are lossless.", defaults: Self(angle: 90),
        [
            Parameter(
                "angle", \.angle, .number(-360...360), isRequired: true, label: "Angle", "degrees clockwise",
                hints: .init(unit: "°", slider: -360...360)),
            Parameter(
                "background", \.background, .color, label: "Background", "fills the corners",
                hints: .init(when: .isNoMultiple("angle", of: 90))),
        ])
}

extension ImageOperation.Flip: OperationParameters {
    package static let declaration = OperationDeclaration(
        "flip", label: "Flip upside down", "Mirrors top to bottom.", defaults: Self())
}

extension ImageOperation.Flop: OperationParameters {
    package static let declaration = OperationDeclaration(
        "flop", label: "Mirror left to right", "Mirrors left to right.", defaults: Self())
}
