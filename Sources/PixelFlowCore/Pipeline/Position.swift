import WireFormats

/// The part of an image that is kept, or where something is put.
package enum Position: Sendable, Hashable {
    case gravity(Gravity)
    /// A point that stays visible, as fractions of width and height, 0 to 1 from the top left.
    case focalPoint(x: Double, y: Double)
    /// The most salient part: edges, skin and saturated colours.
    case attention
    /// The part with the most information.
    case entropy

    package static let center = Position.gravity(.center)

    /// The distribution of free space, as fractions; nil if it depends on the pixels.
    package var anchor: (x: Double, y: Double)? {
        switch self {
        case .gravity(let gravity): gravity.anchor
        case .focalPoint(let x, let y): (x, y)
        case .attention, .entropy: nil
        }
    }
}

/// The nine named positions in an image.
package enum Gravity: String, Sendable, Hashable, CaseIterable {
    case center, north, northeast, east, southeast, south, southwest, west, northwest

    var anchor: (x: Double, y: Double) {
        switch self {
        case .center: (0.5, 0.5)
        case .north: (0.5, 0)
        case .northeast: (1, 0)
        case .east: (1, 0.5)
        case .southeast: (1, 1)
        case .south: (0.5, 1)
        case .southwest: (0, 1)
        case .west: (0, 0.5)
        case .northwest: (0, 0)
        }
    }
}

extension FieldReader {
    /// Reads the name of a gravity, `{"x":…,"y":…}`, or, if `smart` is set, `attention` or `entropy`.
    mutating func position(_ key: String, smart: Bool) throws -> Position? {
        switch value(key) {
        case nil: return nil
        case .string("attention") where smart: return .attention
        case .string("entropy") where smart: return .entropy
        case .string("centre"): return .center
        case .string(let name):
            if let gravity = Gravity(rawValue: name) { return .gravity(gravity) }
        case .object(let members)?:
            var point = try FieldReader(.object(members), path: path(of: key))
            let x = try point.requiredNumber("x", in: 0...1)
            let y = try point.requiredNumber("y", in: 0...1)
            try point.finish()
            return .focalPoint(x: x, y: y)
        default: break
        }
        let names = Gravity.allCases.map(\.rawValue) + (smart ? ["attention", "entropy"] : [])
        throw wrong(key, "one of \(names.joined(separator: ", ")), or {\"x\":…,\"y\":…} with fractions from 0 to 1")
    }
}

extension ParameterType where Value == Position {
    /// - Parameter smart: whether the position may depend on the pixels.
    static func position(smart: Bool) -> Self {
        let choices = (smart ? [Position.attention, .entropy] : []) + Gravity.allCases.map(Position.gravity)
        return Self(
            schema: ["type": "position", "choices": .array(choices.compactMap(\.choice)), "smart": .bool(smart)],
            read: { try $0.position($1, smart: smart) }, json: \.json)
    }
}

extension Position {
    /// The name of a gravity, `attention`, `entropy`, or `{"x":…,"y":…}`.
    fileprivate var json: JSONValue {
        switch self {
        case .gravity(let gravity): .string(gravity.rawValue)
        case .attention: "attention"
        case .entropy: "entropy"
        case .focalPoint(let x, let y): ["x": JSONValue(x), "y": JSONValue(y)]
        }
    }

    /// Its name and menu label; nil for a focal point, which is not a fixed choice.
    fileprivate var choice: JSONValue? {
        switch self {
        case .gravity(let gravity): .choice(gravity.rawValue, label: gravity.rawValue.prefix(1).uppercased() + gravity.rawValue.dropFirst())
        case .attention: .choice("attention", label: "What draws the eye")
        case .entropy: .choice("entropy", label: "Where most happens")
        case .focalPoint: nil
        }
    }
}
