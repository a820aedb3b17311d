extension ImageOperation {
    /// Cuts out a rectangle at `left` and `top`, or, without these, at `position`.
    package struct Crop: Sendable, Hashable {
        package enum Location: Sendable, Hashable {
            case offset(left: Int, top: Int)
            case position(Position)
        }

        package var width: Int
        package var height: Int
        package var location: Location

        package init(width: Int, height: Int, location: Location = .position(.center)) {
            self.width = width
            self.height = height
            self.location = location
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
        set { location = .offset(left: newValue ?? 0, top: top ?? 0) }
    }

    private var top: Int? {
        get { offset?.top }
        set { location = .offset(left: left ?? 0, top: newValue ?? 0) }
    }

    /// The default if an offset applies, so that it is not written.
    private var position: Position {
        get { if case .position(let position) = location { position } else { .center } }
        set { location = .position(newValue) }
    }

    private var offset: (left: Int, top: Int)? {
        if case .offset(let left, let top) = location { (left, top) } else { nil }
    }
}
