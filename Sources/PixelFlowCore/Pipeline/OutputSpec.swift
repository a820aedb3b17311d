import WireFormats

/// One named output of a pipeline.
package struct OutputSpec: Sendable, Hashable {
    /// Valid according to `NameRule`, and unique in its pipeline.
    package var name: String
    package var operations: [ImageOperation]
    package var format: OutputFormat
    package var encoder: EncoderOptions
    /// Keeps all frames of an animated source if the format supports them.
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
    /// The source's format if it supports the result; otherwise PNG with transparency, JPEG without.
    case auto
    case fixed(ImageFormat)
}

extension OutputSpec {
    /// The options of an output other than its name and operations.
    static let options = ParameterSet(
        defaults: OutputSpec(name: ""),
        [
            Parameter(
                "format", \.format, .choice, label: "Format",
                "`auto` keeps the format of the source; if it cannot be written, png with alpha and jpeg without"),
            Parameter(
                "quality", \.encoder.quality, .integer(1...100), label: "Quality", "each format has its own default",
                hints: .init(slider: 1...100)),
            Parameter(
                "lossless", \.encoder.lossless, .flag, label: "Lossless", "for webp and avif; see below for avif",
                hints: .init(isRare: true)),
            Parameter(
                "effort", \.encoder.effort, .integer(0...9), label: "Effort", "0, fast, to 9, small; each format has its own default",
                hints: .init(slider: 0...9, isRare: true)),
            Parameter(
                "progressive", \.encoder.progressive, .flag, label: "Progressive", "for jpeg and png", hints: .init(isRare: true)),
            Parameter(
                "chroma", \.encoder.chroma, .choice, label: "Chroma", "subsampling; each format has its own default",
                hints: .init(isRare: true)),
            Parameter(
                "strip", \.encoder.strip, .flag, label: "Leave metadata out", "omit all metadata", hints: .init(isRare: true)),
            Parameter(
                "color_profile", \.encoder.colorProfile, .choice, label: "Colours",
                "`srgb` converts to sRGB, `keep` keeps the profile, regardless of `strip`", hints: .init(isRare: true)),
            Parameter(
                "max_bytes", \.encoder.maxBytes, .integer(100...1_000_000_000), label: "At most",
                "lower the quality of jpeg, webp or avif until the file is no larger", hints: .init(unit: "bytes")),
            Parameter(
                "animated", \.animated, .flag, label: "Keep the animation", "keep the animation of gif and webp", hints: .init(isRare: true)
            ),
        ])

    init(_ value: JSONValue, path: String) throws {
        var fields = try FieldReader(value, path: path)
        guard let name = try fields.text("name") else { throw fields.missing("name") }
        guard NameRule.allows(name) else { throw fields.wrong("name", "1 to 64 characters of a-z, 0-9, _ and -") }
        let list = fields.path(of: "operations")
        let operations = try fields.array("operations", count: 0...OutputSpec.maximumOperations) ?? []
        self.init(name: name, operations: try operations.enumerated().map { try ImageOperation($1, path: "\(list)[\($0)]") })
        try Self.options.read(&fields, into: &self)
        try fields.finish()
    }

    var json: JSONValue {
        var members = Self.options.members(of: self)
        members["name"] = .string(name)
        if !operations.isEmpty { members["operations"] = .array(operations.map(\.json)) }
        return .object(members)
    }
}

extension OutputFormat: RawRepresentable, ParameterChoice {
    package static let allCases = [Self.auto] + ImageFormat.allCases.map(Self.fixed)

    package init?(rawValue: String) {
        if rawValue == "auto" {
            self = .auto
        } else {
            guard let format = ImageFormat(rawValue: rawValue) else { return nil }
            self = .fixed(format)
        }
    }

    package var rawValue: String {
        switch self {
        case .auto: "auto"
        case .fixed(let format): format.rawValue
        }
    }

    package var label: String {
        switch self {
        case .auto: "Like the source"
        case .fixed(.webp): "WebP"
        case .fixed(let format): format.rawValue.uppercased()
        }
    }
}
