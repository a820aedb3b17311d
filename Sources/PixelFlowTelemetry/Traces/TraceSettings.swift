import Logging
package import OTLP
package import PixelFlowCore
import Tracing

/// Configures OpenTelemetry traces from the standard environment variables. Off unless an endpoint is set.
package enum TraceSettings {
    private static let settings: [Setting<String>] = [
        .text(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            help:
                "URL of an OpenTelemetry collector that accepts OTLP over HTTP, such as http://collector:4318. Tracing is off unless set."
        ),
        .text(
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", help: "The same for traces only, with the path, such as http://collector:4318/v1/traces."
        ),
        .text("OTEL_EXPORTER_OTLP_PROTOCOL", default: "http/json", help: "Only http/json is supported."),
        .text(
            "OTEL_EXPORTER_OTLP_HEADERS", help: "Headers for the collector: name=value,name=value, percent-encoded. May hold a secret.",
            isSecret: true),
        .text("OTEL_EXPORTER_OTLP_TIMEOUT", default: "10000", help: "Time limit for a request to the collector, in milliseconds."),
        .text("OTEL_EXPORTER_OTLP_COMPRESSION", default: "none", help: "gzip compresses requests to the collector."),
        .text("OTEL_SERVICE_NAME", help: "Name of the service in traces; by default that of the executable."),
        .text("OTEL_RESOURCE_ATTRIBUTES", help: "Further attributes of the process in traces: name=value,name=value."),
        .text(
            "OTEL_TRACES_SAMPLER", default: "parentbased_always_on",
            help: "Which traces are recorded: always_on, always_off, traceidratio, or one of these with the prefix parentbased_."),
        .text("OTEL_TRACES_SAMPLER_ARG", default: "1", help: "The ratio for traceidratio and parentbased_traceidratio, 0 to 1."),
        .text("OTEL_BSP_SCHEDULE_DELAY", default: "5000", help: "How long spans wait for a batch to fill, in milliseconds."),
        .text(
            "OTEL_BSP_EXPORT_TIMEOUT", default: "30000",
            help: "Time limit for one batch with its retries, in milliseconds; then it is dropped."),
        .text("OTEL_BSP_MAX_QUEUE_SIZE", default: "2048", help: "Maximum number of waiting spans; further ones are dropped and counted."),
        .text("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", default: "512", help: "Maximum number of spans in a batch."),
        .text("OTEL_SDK_DISABLED", default: "false", help: "true turns traces off."),
    ]

    package static let descriptions: [SettingDescription] = settings.map(\.description)

    /// Nil if tracing is off.
    ///
    /// - Parameters:
    ///   - service: the name of the executable, for example `pixelflow-api`.
    ///   - version: of PixelFlow.
    /// - Throws: `setting_invalid`, with the name of the invalid variable as `field`.
    package static func configuration(
        _ settings: Settings, service: String, version: String
    ) throws(PixelFlowError) -> OTLPConfiguration? {
        var resource = [
            "service.name": service, "service.version": version, "telemetry.sdk.language": "swift", "telemetry.sdk.name": "pixelflow",
            "telemetry.sdk.version": version,
        ]
        // In a container, the name of the pod.
        resource["service.instance.id"] = settings.environment["HOSTNAME"]
        do {
            return try OTLPConfiguration(environment: settings.environment, resource: resource)
        } catch {
            throw .invalid(error.variable, error.description, code: "setting_invalid")
        }
    }

    /// Sends all spans of the process to a collector. Must be called once, at the start of `main`, after `Telemetry.bootstrap`.
    ///
    /// - Returns: the exporter, which must be shut down at the end.
    package static func bootstrap(_ configuration: OTLPConfiguration, version: String) -> OTLPTracing {
        // Calls that belong to no request and no task, such as polls, would create many traces of one span.
        let tracing = OTLPTracing(
            configuration, scope: "pixelflow", version: version, mayBegin: { $0 == .server || $0 == .consumer },
            logger: Logger(label: "traces"))
        InstrumentationSystem.bootstrap(tracing.tracer)
        tracing.start()
        return tracing
    }
}
