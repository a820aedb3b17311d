extension ImageOperation {
    /// Cuts out a rectangle at `left` and `top`, or, without these, at `position`.
    package struct Crop: Sendable, Hashable {
        package enum Place: Sendable, Hashable {
            case offset(left: Int, top: Int)
            case position(Position)
        }

        package var width: Int
        package var height: Int
        package var place: Place

        package init(width: Int, height: Int, place: Place = .position(.center)) {
            self.width = width
            self.height = height
            self.place = place
        }
    }

    package static func crop(_ parameters: Crop) -> Self { Self(parameters) }
}

extension ImageOperation.Crop: OperationParameters {
    package static let declaration = OperationDeclaration(
        "crop", label: "Crop", "Cuts out a rectangle: at `left` and `top`, or where `position` says.",
        defaults: Self(width: 800, height: 600),
        [
            Parameter(
                "width", \.width, .integer(1...1_000_000), isRequired: true, label: "Width", "the part beyond the image is omitted",
                hints: .init(unit: "px")),
            Parameter(
                "height", \.height, .integer(1...1_000_000), isRequired: true, label: "Height", "the part beyond the image is omitted",
                hints: .init(unit: "px")),
            Parameter(
                "left", \.left, .integer(0...1_000_000), label: "From left", "distance from the left edge; 0 if only `top` is given",
                hints: .init(unit: "px")),
            Parameter(
                "top", \.top, .integer(0...1_000_000), label: "From top", "distance from the upper edge; 0 if only `left` is given",
                hints: .init(unit: "px")),
            Parameter(
                "position", \.position, .position(smart: true), label: "Position", "the part to keep; not together with `left` or `top`"),
        ], rules: [.excludes("position", by: ["left", "top"])])

    /// Nil if the position applies.
    private var left: Int? {
        get { offset?.left }
        set { place = .offset(left: newValue ?? 0, top: top ?? 0) }
    }

    private var top: Int? {
        get { offset?.top }
        set { place = .offset(left: left ?? 0, top: newValue ?? 0) }
    }

    /// The default if an offset applies, so that it is not written.
    private var position: Position {
        get { if case .position(let position) = place { position } else { .center } }
        set { place = .position(newValue) }
    }

    private var offset: (left: Int, top: Int)? {
        if case .offset(let left, let top) = place { (left, top) } else { nil }
    }
}
