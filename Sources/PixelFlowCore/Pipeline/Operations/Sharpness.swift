extension ImageOperation {
    /// Applies a Gaussian blur.
    package struct Blur: Sendable, Hashable {
        /// Standard deviation in pixels, 0.3 to 250.
        package var sigma: Double

        package init(sigma: Double = 1) { self.sigma = sigma }
    }

    /// Sharpens the lightness, flat areas less than edges. The defaults are those of libvips.
    package struct Sharpen: Sendable, Hashable {
        /// Standard deviation of the mask in pixels, 0.01 to 10.
        package var sigma: Double
        /// Slope in flat areas.
        package var m1: Double
        /// Slope in jagged areas.
        package var m2: Double
        /// The threshold between flat and jagged areas.
        package var x1: Double
        /// Maximum brightening.
        package var y2: Double
        /// Maximum darkening.
        package var y3: Double

        package init(sigma: Double = 0.5, m1: Double = 0, m2: Double = 3, x1: Double = 2, y2: Double = 10, y3: Double = 20) {
            self.sigma = sigma
            self.m1 = m1
            self.m2 = m2
            self.x1 = x1
            self.y2 = y2
            self.y3 = y3
        }
    }

    package static func blur(_ parameters: Blur) -> Self { Self(parameters) }
    package static func sharpen(_ parameters: Sharpen) -> Self { Self(parameters) }
}

extension ImageOperation.Blur: OperationParameters {
    package static let declaration = OperationDeclaration(
        "blur", label: "Blur", "Applies a Gaussian blur.", defaults: Self(), example: Self(sigma: 3),
        [
            Parameter(
                "sigma", \.sigma, .number(0.3...250), label: "Radius", "standard deviation in pixels",
                hints: .init(slider: 0.3...50, step: 0.1))
        ])
}

extension ImageOperation.Sharpen: OperationParameters {
    package static let declaration = OperationDeclaration(
        "sharpen", label: "Sharpen", "Sharpens the lightness, flat areas less than edges. Parameters are named as in libvips.",
        defaults: Self(),
        [
            Parameter(
                "sigma", \.sigma, .number(0.01...10), label: "Radius", "standard deviation of the mask in pixels",
                hints: .init(slider: 0.01...10, step: 0.01)),
            level("m1", \.m1, label: "Flat areas", "slope in flat areas"),
            level("m2", \.m2, label: "Edges", "slope in jagged areas"),
            level("x1", \.x1, label: "Flat below", "where flat ends and jagged starts"),
            level("y2", \.y2, label: "Most brightening", "maximum brightening of a pixel"),
            level("y3", \.y3, label: "Most darkening", "maximum darkening of a pixel"),
        ])

    private static func level(
        _ key: String, _ path: any WritableKeyPath<Self, Double> & Sendable, label: String, _ summary: String
    ) -> Parameter<Self> {
        Parameter(key, path, .number(0...1_000_000), label: label, summary, hints: .init(isRare: true))
    }
}
