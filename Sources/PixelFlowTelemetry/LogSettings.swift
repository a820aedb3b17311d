public import Logging
public import PixelFlowCore

/// How much is logged, and in which form.
public struct LogSettings: Sendable, Hashable {
    /// The form of a line.
    public enum Format: String, Sendable, Hashable, CaseIterable {
        /// One JSON object a line, for machines.
        case json
        /// Short coloured lines, for a terminal.
        case text
    }

    /// `PIXELFLOW_LOG_LEVEL`: trace, debug, info, notice, warning, error or critical.
    public var level: Logger.Level
    /// `PIXELFLOW_LOG_FORMAT`: json or text.
    public var format: Format

    public init(level: Logger.Level = .info, format: Format = .json) {
        self.level = level
        self.format = format
    }

    /// Reads both settings from an environment; what is absent or empty keeps its default.
    ///
    /// - Throws: `setting_invalid`, with the name of the bad setting as `field`.
    public init(environment: [String: String]) throws(PixelFlowError) {
        self.init()
        if let text = environment["PIXELFLOW_LOG_LEVEL"], !text.isEmpty {
            level = try Self.parse("PIXELFLOW_LOG_LEVEL", text, Logger.Level(rawValue: text.lowercased()), Logger.Level.allCases.map(\.rawValue))
        }
        if let text = environment["PIXELFLOW_LOG_FORMAT"], !text.isEmpty {
            format = try Self.parse("PIXELFLOW_LOG_FORMAT", text, Format(rawValue: text.lowercased()), Format.allCases.map(\.rawValue))
        }
    }

    private static func parse<Value>(_ name: String, _ text: String, _ value: Value?, _ known: [String]) throws(PixelFlowError) -> Value {
        guard let value else {
            throw .invalid(name, "\(name) is \"\(text)\"; it must be one of \(known.joined(separator: ", ")).", code: "setting_invalid")
        }
        return value
    }
}
