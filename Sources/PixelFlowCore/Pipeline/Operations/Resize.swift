extension ImageOperation {
    /// The maximum edge length, which is that of WebP; other formats support more.
    package static let maximumEdge = 16_383

    /// Changes the size. If only one of width and height is given, the other follows from the aspect ratio.
    package struct Resize: Sendable, Hashable {
        package enum Fit: String, ParameterChoice {
            /// Fills the box exactly and crops the excess.
            case cover
            /// Fits into the box and fills the rest with the background.
            case contain
            /// Stretches to the box.
            case fill
            /// Scales to the largest size that fits into the box.
            case inside
            /// Scales to the smallest size that covers the box, without cropping.
            case outside

            package var label: String {
                switch self {
                case .cover: "Cover, cut the rest"
                case .contain: "Contain, fill the rest"
                case .fill: "Stretch"
                case .inside: "Inside the box"
                case .outside: "Outside the box"
                }
            }
        }

        package var width: Int?
        package var height: Int?
        package var fit: Fit
        package var position: Position
        /// Whether a small image may be enlarged.
        package var enlarge: Bool
        /// The colour with which `contain` fills the rest.
        package var background: Color

        package init(
            width: Int? = nil, height: Int? = nil, fit: Fit = .cover, position: Position = .center,
            enlarge: Bool = false, background: Color = .white
        ) {
            self.width = width
            self.height = height
            self.fit = fit
            self.position = position
            self.enlarge = enlarge
            self.background = background
        }
    }

    package static func resize(_ parameters: Resize) -> Self { Self(parameters) }
}

extension ImageOperation.Resize: OperationParameters {
    package static let declaration = OperationDeclaration(
        "resize", label: "Resize", "Changes the size. If only one of width and height is given, the other follows from the aspect ratio.",
        defaults: Self(), example: Self(width: 1600, height: 1600, fit: .inside),
        [
            Parameter(
                "width", \.width, .integer(1...ImageOperation.maximumEdge), label: "Width", "width of the box",
                hints: .init(unit: "px")),
            Parameter(
                "height", \.height, .integer(1...ImageOperation.maximumEdge), label: "Height", "height of the box",
                hints: .init(unit: "px")),
            Parameter(
                "fit", \.fit, .choice, label: "Fit",
                "`cover` fills the box and crops the rest; `contain` fits into the box and fills the rest; `fill` stretches; "
                    + "`inside` is the largest size that fits, `outside` the smallest that covers, both without cropping"),
            Parameter(
                "position", \.position, .position(smart: true), label: "Position",
                "the part to keep (`cover`), or where to place the image (`contain`)",
                hints: .init(when: .isOneOf("fit", [Fit.cover, .contain].map(\.rawValue)))),
            Parameter("enlarge", \.enlarge, .flag, label: "Enlarge small pictures", "whether to enlarge an image that is smaller"),
            Parameter(
                "background", \.background, .color, label: "Background", "fills the rest of the box",
                hints: .init(when: .isOneOf("fit", [Fit.contain.rawValue]))),
        ], rules: [.requiresOneOf("width", "height")])
}
