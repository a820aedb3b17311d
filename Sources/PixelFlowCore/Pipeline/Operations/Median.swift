extension ImageOperation {
    /// Replaces each pixel with the median of the square around it, which removes specks and preserves edges.
    package struct Median: Sendable, Hashable {
        /// Edge of the square in pixels, 3 to 9.
        package var size: Int

        package init(size: Int = 3) { self.size = size }
    }

    package static func median(_ parameters: Median) -> Self { Self(parameters) }
}

extension ImageOperation.Median: OperationParameters {
    package static let declaration = OperationDeclaration(
        "median", label: "Remove specks",
        "Replaces each pixel by the median of the square around it, which removes specks and keeps edges.",
        defaults: Self(),
        [
            Parameter(
                "size", \.size, .integer(3...9), label: "Size", "edge of the square in pixels", hints: .init(unit: "px", slider: 3...9))
        ])
}
