package import Logging
package import PixelFlowCore
import WireFormats

/// Writes each event as one line of JSON: `ts`, `level`, `service`, `logger`, `event`, then the
/// metadata by name in snake_case, sorted.
package struct JSONLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    private let sink: LogSink
    private let clock: any WallClock
    /// The part between time and level, which is the same in each line of this logger.
    private let origin: [UInt8]

    package init(label: String, service: String, level: Logger.Level, sink: LogSink, clock: any WallClock = SystemClock()) {
        self.logLevel = level
        self.sink = sink
        self.clock = clock
        self.origin = Self.origin(label: label, service: service)
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line: [UInt8] = []
        line.reserveCapacity(320)
        line += "{\"ts\":\"".utf8
        clock.now().appendISO8601(to: &line)
        line += "\",\"level\":\"".utf8
        line += event.level.rawValue.utf8
        line += origin
        JSONText.append(event.message.description, to: &line)
        let merged = LogMetadata.merge(metadata, metadataProvider, event)
        for (name, value) in merged {
            line.append(UInt8(ascii: ","))
            Self.append(name: name, value: value, to: &line)
        }
        line += "}\n".utf8
        sink.write(line)
    }

    private static func origin(label: String, service: String) -> [UInt8] {
        var bytes = Array("\",\"service\":".utf8)
        JSONText.append(service, to: &bytes)
        if label != service {
            bytes += ",\"logger\":".utf8
            JSONText.append(label, to: &bytes)
        }
        return bytes + Array(",\"event\":".utf8)
    }

    private static func append(name: String, value: Logger.MetadataValue, to line: inout [UInt8]) {
        JSONText.append(name, to: &line)
        line.append(UInt8(ascii: ":"))
        if SecretNames.matches(name) {
            JSONText.append(SecretNames.replacement, to: &line)
        } else {
            append(value, to: &line)
        }
    }

    private static func append(_ value: Logger.MetadataValue, to line: inout [UInt8]) {
        switch value {
        case .string(let text): JSONText.append(text, to: &line)
        case .stringConvertible(let value): append(value, to: &line)
        case .array(let values):
            line.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                append(value, to: &line)
            }
            line.append(UInt8(ascii: "]"))
        case .dictionary(let values):
            line.append(UInt8(ascii: "{"))
            for (index, entry) in values.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                append(name: LogMetadata.snakeCase(entry.key), value: entry.value, to: &line)
            }
            line.append(UInt8(ascii: "}"))
        }
    }

    /// Numbers and booleans keep their type; everything else becomes a string.
    private static func append(_ value: any CustomStringConvertible, to line: inout [UInt8]) {
        switch value {
        case let value as Int: line += value.description.utf8
        case let value as Double where value.isFinite: line += value.description.utf8
        case let value as Bool: line += value.description.utf8
        case let value as Int64: line += value.description.utf8
        default: JSONText.append(value.description, to: &line)
        }
    }
}
