extension ImageOperation {
    /// The longest edge that can be asked for; WebP holds no more (16383), the others do.
    package static let maximumEdge = 16_383

    /// Changes the size. Without one of width and height, that one follows from the proportions.
    package struct Resize: Sendable, Hashable {
        package enum Fit: String, Sendable, Hashable, CaseIterable {
            /// Fills the box exactly, cuts what is over.
            case cover
            /// Fits into the box and fills the rest with the background.
            case contain
            /// Stretches to the box.
            case fill
            /// As large as fits into the box.
            case inside
            /// As small as covers the box; nothing is cut.
            case outside
        }

        package var width: Int?
        package var height: Int?
        package var fit: Fit
        package var position: Position
        /// Whether a small image may grow.
        package var enlarge: Bool
        /// What `contain` fills the rest with.
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

    /// Cuts out a rectangle: at `left` and `top`, or, without them, where `position` says.
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

    /// Turns clockwise; multiples of 90 degrees lose nothing.
    package struct Rotate: Sendable, Hashable {
        /// Degrees, -360 to 360.
        package var angle: Double
        /// Fills the corners of any other angle.
        package var background: Color

        package init(angle: Double, background: Color = .white) {
            self.angle = angle
            self.background = background
        }
    }

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

    /// Cuts edges that look like the top left pixel.
    package struct Trim: Sendable, Hashable {
        /// How far a channel may differ and still be edge, 0 to 255.
        package var threshold: Double

        package init(threshold: Double = 10) { self.threshold = threshold }
    }

    /// Rounds the corners; what is cut becomes transparent.
    package struct Round: Sendable, Hashable {
        /// Pixels; more than half the shorter edge gives a circle or a stadium.
        package var radius: Int

        package init(radius: Int) { self.radius = radius }
    }
}

extension ImageOperation.Resize: OperationParameters {
    init(_ fields: inout FieldReader) throws {
        self.init(
            width: try fields.integer("width", in: 1...ImageOperation.maximumEdge),
            height: try fields.integer("height", in: 1...ImageOperation.maximumEdge),
            fit: try fields.choice("fit") ?? .cover,
            position: try fields.position("position", smart: true) ?? .center,
            enlarge: try fields.flag("enlarge") ?? false,
            background: try fields.color("background") ?? .white)
        if width == nil && height == nil { throw fields.missing("width") }
    }

    func write(to fields: inout FieldWriter) {
        fields.set("width", width)
        fields.set("height", height)
        fields.set("fit", fit.rawValue, unless: Fit.cover.rawValue)
        fields.set("position", position, unless: .center)
        fields.set("enlarge", enlarge, unless: false)
        fields.set("background", background, unless: .white)
    }
}

extension ImageOperation.Crop: OperationParameters {
    init(_ fields: inout FieldReader) throws {
        let left = try fields.integer("left", in: 0...1_000_000)
        let top = try fields.integer("top", in: 0...1_000_000)
        let position = try fields.position("position", smart: true)
        if position != nil, left != nil || top != nil {
            throw fields.wrong("position", "left out where left or top is given")
        }
        let placed = left != nil || top != nil
        self.init(
            width: try fields.requiredInteger("width", in: 1...1_000_000),
            height: try fields.requiredInteger("height", in: 1...1_000_000),
            place: placed ? .offset(left: left ?? 0, top: top ?? 0) : .position(position ?? .center))
    }

    func write(to fields: inout FieldWriter) {
        fields.set("width", width)
        fields.set("height", height)
        switch place {
        case .offset(let left, let top):
            fields.set("left", left)
            fields.set("top", top)
        case .position(let position): fields.set("position", position, unless: .center)
        }
    }
}

extension ImageOperation.Rotate: OperationParameters {
    init(_ fields: inout FieldReader) throws {
        self.init(
            angle: try fields.requiredNumber("angle", in: -360...360),
            background: try fields.color("background") ?? .white)
    }

    func write(to fields: inout FieldWriter) {
        fields.set("angle", angle)
        fields.set("background", background, unless: .white)
    }
}

extension ImageOperation.Pad: OperationParameters {
    init(_ fields: inout FieldReader) throws {
        self.init(
            top: try fields.integer("top", in: 0...8192) ?? 0,
            right: try fields.integer("right", in: 0...8192) ?? 0,
            bottom: try fields.integer("bottom", in: 0...8192) ?? 0,
            left: try fields.integer("left", in: 0...8192) ?? 0,
            background: try fields.color("background") ?? .white)
    }

    func write(to fields: inout FieldWriter) {
        fields.set("top", top, unless: 0)
        fields.set("right", right, unless: 0)
        fields.set("bottom", bottom, unless: 0)
        fields.set("left", left, unless: 0)
        fields.set("background", background, unless: .white)
    }
}

extension ImageOperation.Trim: OperationParameters {
    init(_ fields: inout FieldReader) throws {
        self.init(threshold: try fields.number("threshold", in: 0...255) ?? 10)
    }

    func write(to fields: inout FieldWriter) { fields.set("threshold", threshold, unless: 10) }
}

extension ImageOperation.Round: OperationParameters {
    init(_ fields: inout FieldReader) throws {
        self.init(radius: try fields.requiredInteger("radius", in: 1...ImageOperation.maximumEdge))
    }

    func write(to fields: inout FieldWriter) { fields.set("radius", radius) }
}
