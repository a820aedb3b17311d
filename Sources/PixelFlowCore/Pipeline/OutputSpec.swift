/// One named output of a pipeline.
package struct OutputSpec: Sendable, Hashable {
    /// As `NameRule` allows it; unique in its pipeline.
    package var name: String
    package var operations: [ImageOperation]
    package var format: OutputFormat
    package var encoder: EncoderOptions
    /// Keeps all frames of an animated source, where the format can hold them.
    package var animated: Bool

    package init(
        name: String, operations: [ImageOperation] = [], format: OutputFormat = .auto,
        encoder: EncoderOptions = EncoderOptions(), animated: Bool = false
    ) {
        self.name = name
        self.operations = operations
        self.format = format
        self.encoder = encoder
        self.animated = animated
    }

    package static let maximumOperations = 32
}

/// The format of an output.
package enum OutputFormat: Sendable, Hashable {
    /// The source's own format where it can hold the result; otherwise PNG with transparency, JPEG without.
    case auto
    case fixed(ImageFormat)
}

extension OutputSpec {
    init(_ value: JSONValue, path: String) throws {
        var fields = try FieldReader(value, path: path)
        guard let name = try fields.text("name") else { throw fields.missing("name") }
        guard NameRule.allows(name) else { throw fields.wrong("name", "1 to 64 characters of a-z, 0-9, _ and -") }
        let list = fields.path(of: "operations")
        let operations = try fields.array("operations", count: 0...OutputSpec.maximumOperations) ?? []
        self.init(
            name: name,
            operations: try operations.enumerated().map { try ImageOperation($1, path: "\(list)[\($0)]") },
            format: try fields.format("format") ?? .auto,
            encoder: try EncoderOptions(&fields),
            animated: try fields.flag("animated") ?? false)
        try fields.finish()
    }

    var json: JSONValue {
        var fields = FieldWriter()
        fields.set("name", name)
        if !operations.isEmpty { fields.set("operations", .array(operations.map(\.json))) }
        if case .fixed(let format) = format { fields.set("format", format.rawValue) }
        encoder.write(to: &fields)
        fields.set("animated", animated, unless: false)
        return fields.value
    }
}

extension FieldReader {
    fileprivate mutating func format(_ key: String) throws -> OutputFormat? {
        guard let value = value(key) else { return nil }
        if value == .string("auto") { return .auto }
        guard case .string(let text) = value, let format = ImageFormat(rawValue: text) else {
            throw wrong(key, "one of auto, \(ImageFormat.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return .fixed(format)
    }
}
