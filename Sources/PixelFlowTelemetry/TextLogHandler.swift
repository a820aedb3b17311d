package import Logging
package import PixelFlowCore

/// Writes short coloured lines for a terminal: time, level, logger, event, then the metadata.
package struct TextLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let sink: LogSink
    private let clock: any WallClock

    package init(label: String, level: Logger.Level, sink: LogSink, clock: any WallClock = SystemClock()) {
        self.label = label
        self.logLevel = level
        self.sink = sink
        self.clock = clock
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var time: [UInt8] = []
        clock.now().appendISO8601(to: &time)
        var text = "\(gray)\(String(decoding: time[11..<23], as: UTF8.self))\(reset) "
        text += "\(colour(event.level))\(event.level.rawValue)\(reset) \(label) \(oneLine(event.message.description))"
        for (name, value) in LogMetadata.merge(metadata, metadataProvider, event) {
            let shown = SecretNames.matches(name) ? SecretNames.replacement : oneLine(value.description)
            text += " \(gray)\(name)=\(reset)\(shown)"
        }
        sink.write(Array(text.utf8) + [UInt8(ascii: "\n")])
    }

    private var gray: String { "\u{1b}[90m" }
    private var reset: String { "\u{1b}[0m" }

    private func colour(_ level: Logger.Level) -> String {
        switch level {
        case .trace, .debug: gray
        case .info, .notice: "\u{1b}[32m"
        case .warning: "\u{1b}[33m"
        case .error, .critical: "\u{1b}[31m"
        }
    }

    /// Escapes control characters, which could otherwise move the cursor or forge a line.
    private func oneLine(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : $0 }))
    }
}
