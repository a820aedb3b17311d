package import Logging
package import PixelFlowCore

/// Level and format of the log.
package struct LogSettings: Sendable, Hashable {
    /// The format of a line.
    package enum Format: String, Sendable, Hashable, CaseIterable {
        /// One JSON object per line, for machines.
        case json
        /// Short coloured lines, for a terminal.
        case text
    }

    static let levelSetting = Setting<Logger.Level>.choice(
        "PIXELFLOW_LOG_LEVEL", default: .info, of: Logger.Level.allCases, help: "The lowest level that is logged.")
    static let formatSetting = Setting<Format>.choice(
        "PIXELFLOW_LOG_FORMAT", default: .json, of: Format.allCases, help: "Format of log lines: JSON for machines, text for a terminal.")

    package static let descriptions: [SettingDescription] = [levelSetting.description, formatSetting.description]

    package var level: Logger.Level
    package var format: Format

    package init(level: Logger.Level = .info, format: Format = .json) {
        self.level = level
        self.format = format
    }

    /// - Throws: `setting_invalid`, with the name of the invalid setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        self.init(level: try settings[Self.levelSetting], format: try settings[Self.formatSetting])
    }
}
