public import Logging

/// Sets up what a process tells of itself. Logs today; metrics and traces have their place here too.
public enum Telemetry {
    /// Sends every `Logger` of the process to one sink, in one format. Call once, first thing in `main`.
    ///
    /// - Parameters:
    ///   - service: the name in each line, as in `api`.
    ///   - settings: level and format.
    ///   - sink: where the lines go; the standard error by default, so that standard output stays for data.
    public static func bootstrap(service: String, settings: LogSettings = LogSettings(), sink: LogSink = .standardError) {
        LoggingSystem.bootstrap { label in handler(label: label, service: service, settings: settings, sink: sink) }
    }

    /// A logger that does not touch the global set-up; for tests and for tools.
    public static func logger(_ label: String, settings: LogSettings = LogSettings(), sink: LogSink = .standardError) -> Logger {
        Logger(label: label) { handler(label: $0, service: label, settings: settings, sink: sink) }
    }

    private static func handler(label: String, service: String, settings: LogSettings, sink: LogSink) -> any LogHandler {
        switch settings.format {
        case .json: JSONLogHandler(label: label, service: service, level: settings.level, sink: sink)
        case .text: TextLogHandler(label: label, level: settings.level, sink: sink)
        }
    }
}
