extension ImageOperation {
    /// Blurs by a Gaussian.
    package struct Blur: Sendable, Hashable {
        /// Standard deviation in pixels, 0.3 to 250.
        package var sigma: Double

        package init(sigma: Double = 1) { self.sigma = sigma }
    }

    /// Sharpens the lightness; flat areas less than edges. The defaults are those of libvips.
    package struct Sharpen: Sendable, Hashable {
        /// Standard deviation of the mask in pixels, 0.01 to 10.
        package var sigma: Double
        /// Slope in flat areas.
        package var m1: Double
        /// Slope in jagged areas.
        package var m2: Double
        /// Where flat ends and jagged starts.
        package var x1: Double
        /// The most brightening.
        package var y2: Double
        /// The most darkening.
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

    /// Brightness and saturation as factors, hue as a turn.
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

    /// Raises every channel to 1 / gamma: above 1 brightens the middle, below 1 darkens it.
    package struct Gamma: Sendable, Hashable {
        /// 0.1 to 10.
        package var gamma: Double

        package init(gamma: Double = 2.2) { self.gamma = gamma }
    }

    /// Keeps the lightness and takes the chroma of one colour.
    package struct Tint: Sendable, Hashable {
        package var color: Color

        package init(color: Color) { self.color = color }
    }

    /// Puts the image on a background and drops the alpha channel.
    package struct Flatten: Sendable, Hashable {
        package var background: Color

        package init(background: Color = .white) { self.background = background }
    }

    /// Puts another image on top.
    package struct Watermark: Sendable, Hashable {
        /// The earlier task of the same tenant whose source is the mark.
        package var image: TaskID
        package var position: Position
        /// 0 to 1.
        package var opacity: Double
        /// Width of the mark as a fraction of the image's; nil keeps its size, shrunk where it would not fit.
        package var scale: Double?
        /// Repeats the mark over the whole image.
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
}

extension ImageOperation.Blur: OperationParameters {
    init(_ fields: inout FieldReader) throws {
        self.init(sigma: try fields.number("sigma", in: 0.3...250) ?? 1)
    }

    func write(to fields: inout FieldWriter) { fields.set("sigma", sigma, unless: 1) }
}

extension ImageOperation.Sharpen: OperationParameters {
    init(_ fields: inout FieldReader) throws {
        self.init(
            sigma: try fields.number("sigma", in: 0.01...10) ?? 0.5,
            m1: try fields.number("m1", in: 0...1_000_000) ?? 0,
            m2: try fields.number("m2", in: 0...1_000_000) ?? 3,
            x1: try fields.number("x1", in: 0...1_000_000) ?? 2,
            y2: try fields.number("y2", in: 0...1_000_000) ?? 10,
            y3: try fields.number("y3", in: 0...1_000_000) ?? 20)
    }

    func write(to fields: inout FieldWriter) {
        fields.set("sigma", sigma, unless: 0.5)
        fields.set("m1", m1, unless: 0)
        fields.set("m2", m2, unless: 3)
        fields.set("x1", x1, unless: 2)
        fields.set("y2", y2, unless: 10)
        fields.set("y3", y3, unless: 20)
    }
}

extension ImageOperation.Modulate: OperationParameters {
    init(_ fields: inout FieldReader) throws {
        self.init(
            brightness: try fields.number("brightness", in: 0...10) ?? 1,
            saturation: try fields.number("saturation", in: 0...10) ?? 1,
            hue: try fields.number("hue", in: -360...360) ?? 0)
    }

    func write(to fields: inout FieldWriter) {
        fields.set("brightness", brightness, unless: 1)
        fields.set("saturation", saturation, unless: 1)
        fields.set("hue", hue, unless: 0)
    }
}

extension ImageOperation.Gamma: OperationParameters {
    init(_ fields: inout FieldReader) throws {
        self.init(gamma: try fields.number("gamma", in: 0.1...10) ?? 2.2)
    }

    func write(to fields: inout FieldWriter) { fields.set("gamma", gamma, unless: 2.2) }
}

extension ImageOperation.Tint: OperationParameters {
    init(_ fields: inout FieldReader) throws {
        guard let color = try fields.color("color") else { throw fields.missing("color") }
        self.init(color: color)
    }

    func write(to fields: inout FieldWriter) { fields.set("color", color) }
}

extension ImageOperation.Flatten: OperationParameters {
    init(_ fields: inout FieldReader) throws {
        self.init(background: try fields.color("background") ?? .white)
    }

    func write(to fields: inout FieldWriter) { fields.set("background", background, unless: .white) }
}

extension ImageOperation.Watermark: OperationParameters {
    init(_ fields: inout FieldReader) throws {
        guard let text = try fields.text("image") else { throw fields.missing("image") }
        guard let image = TaskID(parsing: text) else { throw fields.wrong("image", "the id of a task") }
        self.init(
            image: image,
            position: try fields.position("position", smart: false) ?? .gravity(.southeast),
            opacity: try fields.number("opacity", in: 0...1) ?? 1,
            scale: try fields.number("scale", in: 0.01...1),
            tile: try fields.flag("tile") ?? false)
    }

    func write(to fields: inout FieldWriter) {
        fields.set("image", image.rawValue)
        fields.set("position", position, unless: .gravity(.southeast))
        fields.set("opacity", opacity, unless: 1)
        fields.set("scale", scale)
        fields.set("tile", tile, unless: false)
    }
}
