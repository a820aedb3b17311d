extension ImageOperation {
    /// Adds a margin, in pixels.
    package struct Pad: Sendable, Hashable {
        package var top: Int
        package var right: Int
        package var bottom: Int
        package var left: Int
        package var background: Color

        package init(top: Int = 0, right: Int = 0, bottom: Int = 0, left: Int = 0, background: Color = .white) {
            self.top = top
            self.right = right
            self.bottom = bottom
            self.left = left
            self.background = background
        }
    }

    /// Removes edges that look like the top left pixel.
    package struct Trim: Sendable, Hashable {
        /// How far a channel of an edge pixel may differ, 0 to 255.
        package var threshold: Double

        package init(threshold: Double = 10) { self.threshold = threshold }
    }

    /// Rounds the corners, which become transparent.
    package struct Round: Sendable, Hashable {
        /// Pixels; a value above half of the shorter edge results in a circle or a stadium.
        package var radius: Int

        package init(radius: Int) { self.radius = radius }
    }

    package static func pad(_ parameters: Pad) -> Self { Self(parameters) }
    package static func trim(_ parameters: Trim) -> Self { Self(parameters) }
    package static func round(_ parameters: Round) -> Self { Self(parameters) }
}

extension ImageOperation.Pad: OperationParameters {
    package static let declaration = OperationDeclaration(
        "pad", label: "Add a margin", "Adds a margin.", defaults: Self(), example: Self(top: 20, right: 20, bottom: 20, left: 20),
        [
            margin("top", \.top, label: "Top"), margin("right", \.right, label: "Right"),
            margin("bottom", \.bottom, label: "Bottom"), margin("left", \.left, label: "Left"),
            Parameter("background", \.background, .color, label: "Background", "fills the margin"),
        ])

    private static func margin(_ key: String, _ path: any WritableKeyPath<Self, Int> & Sendable, label: String) -> Parameter<Self> {
        Parameter(key, path, .integer(0...8192), label: label, "pixels", hints: .init(unit: "px"))
    }
}

extension ImageOperation.Trim: OperationParameters {
    package static let declaration = OperationDeclaration(
        "trim", label: "Trim plain edges", "Removes edges that have only the colour of the top left corner; see below.",
        defaults: Self(),
        [
            Parameter(
                "threshold", \.threshold, .number(0...255), label: "Tolerance",
                "how far a channel may differ from the top left corner and still count as border", hints: .init(slider: 0...255))
        ])
}

extension ImageOperation.Round: OperationParameters {
    package static let declaration = OperationDeclaration(
        "round", label: "Round the corners", "Rounds the corners, which become transparent.", defaults: Self(radius: 24),
        [
            Parameter(
                "radius", \.radius, .integer(1...ImageOperation.maximumEdge), isRequired: true, label: "Radius",
                "pixels; half the shorter edge or more gives a circle or a stadium", hints: .init(unit: "px"))
        ])
}
