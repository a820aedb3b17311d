extension ImageOperation {
    /// Overlays another image.
    package struct Watermark: Sendable, Hashable {
        /// An earlier task of the same tenant whose source is the watermark.
        package var image: TaskID
        package var position: Position
        /// 0 to 1.
        package var opacity: Double
        /// Width of the watermark as a fraction of the image's width; nil keeps its size, but shrinks it if it does not fit.
        package var scale: Double?
        /// Repeats the watermark over the whole image.
        package var tile: Bool

        package init(
            image: TaskID, position: Position = .gravity(.southeast), opacity: Double = 1, scale: Double? = nil, tile: Bool = false
        ) {
            self.image = image
            self.position = position
            self.opacity = opacity
            self.scale = scale
            self.tile = tile
        }
    }

    package static func watermark(_ parameters: Watermark) -> Self { Self(parameters) }
}

extension ImageOperation.Watermark: OperationParameters {
    package static let declaration = OperationDeclaration(
        "watermark", label: "Watermark", "Puts another image on top.", defaults: Self(image: TaskID("")),
        example: Self(image: TaskID(""), scale: 0.2),
        [
            Parameter(
                "image", \.image, .task, isRequired: true, label: "Picture (id of its task)",
                "the id of an earlier task whose source is the mark"),
            Parameter("position", \.position, .position(smart: false), label: "Position", "position of the mark"),
            Parameter(
                "opacity", \.opacity, .number(0...1), label: "Opacity", "0 is invisible, 1 hides what is below",
                hints: .init(slider: 0...1, step: 0.01)),
            Parameter(
                "scale", \.scale, .number(0.01...1), label: "Width beside the picture's",
                "width of the mark as a fraction of the image's; without it, the mark keeps its size, or shrinks to fit",
                hints: .init(slider: 0.01...1, step: 0.01)),
            Parameter("tile", \.tile, .flag, label: "Repeat all over", "repeats the mark over the whole image"),
        ])
}
