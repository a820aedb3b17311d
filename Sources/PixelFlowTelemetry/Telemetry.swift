package import Logging
import Metrics
package import Prometheus

/// Configures logs and metrics of a process.
package enum Telemetry {
    /// Sends every `Logger` of the process to one sink, in one format, and every metric to one
    /// registry. Must be called once, at the start of `main`: earlier loggers and metrics are not captured.
    ///
    /// - Parameters:
    ///   - service: the name in each line, such as `api`.
    ///   - settings: level and format.
    ///   - sink: the destination of lines; stderr by default, which leaves stdout for data.
    ///   - metadata: added to each line, such as the ids of a trace.
    /// - Returns: the registry, for adding collectors. `GET /metrics` of every router exports it.
    @discardableResult
    package static func bootstrap(
        service: String, settings: LogSettings = LogSettings(), sink: LogSink = .standardError, metadata: Logger.MetadataProvider? = nil
    ) -> PrometheusRegistry {
        LoggingSystem.bootstrap(
            { label, provider in
                var handler = Self.handler(label: label, service: service, settings: settings, sink: sink)
                handler.metadataProvider = provider
                return handler
            }, metadataProvider: metadata)
        let registry = registry()
        MetricsSystem.bootstrap(registry)
        return registry
    }

    /// A registry with all metrics of PixelFlow except those of the process.
    package static func registry() -> PrometheusRegistry {
        let registry = PrometheusRegistry(descriptions: MetricCatalog.all)
        let process = ProcessCollector()
        registry.collect { process.collect(into: &$0) }
        return registry
    }

    /// Exports the free space of a folder's file system at each scrape. Requires `bootstrap`.
    ///
    /// - Parameter name: the value of the label for the folder.
    package static func watchDisk(_ name: String, path: String) {
        let disk = DiskCollector(name, path: path)
        (MetricsSystem.factory as? PrometheusRegistry)?.collect { disk.collect(into: &$0) }
    }

    /// A logger that is independent of the global configuration, for tests and tools.
    package static func logger(_ label: String, settings: LogSettings = LogSettings(), sink: LogSink = .standardError) -> Logger {
        Logger(label: label) { handler(label: $0, service: label, settings: settings, sink: sink) }
    }

    private static func handler(label: String, service: String, settings: LogSettings, sink: LogSink) -> any LogHandler {
        switch settings.format {
        case .json: JSONLogHandler(label: label, service: service, level: settings.level, sink: sink)
        case .text: TextLogHandler(label: label, level: settings.level, sink: sink)
        }
    }
}
