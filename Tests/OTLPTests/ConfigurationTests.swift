import OTLP
import Testing

@Suite("OpenTelemetry variables")
struct ConfigurationTests {
    private static let endpoint = ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"]

    private func read(_ variables: [String: String]) throws -> OTLPConfiguration? {
        try OTLPConfiguration(environment: variables, resource: ["service.name": "api", "service.version": "1"])
    }

    @Test("without an endpoint, or when disabled, there is no configuration")
    func noEndpointTurnsExportOff() throws {
        #expect(try read([:]) == nil)
        #expect(try read(["OTEL_EXPORTER_OTLP_ENDPOINT": ""]) == nil)
        #expect(try read(Self.endpoint.merging(["OTEL_SDK_DISABLED": "True"]) { $1 }) == nil)
    }

    @Test("defaults")
    func unsetVariablesHaveDefaults() throws {
        let configuration = try #require(try read(Self.endpoint))
        #expect(configuration.endpoint == "http://collector:4318/v1/traces")
        #expect(configuration.timeout == .seconds(10))
        #expect(configuration.sampler == Sampler(root: .alwaysOn, isParentBased: true))
        #expect(configuration.batches == BatchLimits(queue: 2048, batch: 512, delay: .seconds(5), timeout: .seconds(30)))
        #expect(configuration.resource == ["service.name": "api", "service.version": "1"])
        #expect(configuration.headers.isEmpty)
        #expect(!configuration.compresses)
    }

    @Test("all settings")
    func allVariablesAreRead() throws {
        let configuration = try #require(
            try read([
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://ignored", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://collector/x",
                "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20abc, x-scope = a%2Cb", "OTEL_EXPORTER_OTLP_TIMEOUT": "2500",
                "OTEL_EXPORTER_OTLP_COMPRESSION": "none", "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": "gzip",
                "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_SERVICE_NAME": "mine",
                "OTEL_RESOURCE_ATTRIBUTES": "service.name=other,k8s.pod.name=api-1", "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
                "OTEL_TRACES_SAMPLER_ARG": "0.25", "OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "10",
                "OTEL_BSP_SCHEDULE_DELAY": "50", "OTEL_BSP_EXPORT_TIMEOUT": "60",
            ]))
        #expect(configuration.endpoint == "https://collector/x")
        #expect(configuration.headers == ["authorization": "Bearer abc", "x-scope": "a,b"])
        #expect(configuration.timeout == .milliseconds(2500))
        #expect(configuration.compresses)
        #expect(configuration.resource == ["service.name": "mine", "service.version": "1", "k8s.pod.name": "api-1"])
        #expect(configuration.sampler == Sampler(root: .ratio(0.25)))
        #expect(configuration.batches == BatchLimits(queue: 100, batch: 10, delay: .milliseconds(50), timeout: .milliseconds(60)))
    }

    @Test("the general endpoint may end with a slash")
    func endpointMayEndWithASlash() throws {
        #expect(try read(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c/otlp/"])?.endpoint == "http://c/otlp/v1/traces")
    }

    @Test(
        "unusable values are named, and secrets are not shown",
        arguments: [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_EXPORTER_OTLP_HEADERS", "secret-without-a-name"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=b%0Ac"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"), ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "GZIP"),
            ("OTEL_TRACES_SAMPLER", "sometimes"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "many"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4096"), ("OTEL_SDK_DISABLED", "yes"),
        ])
    func invalidVariablesAreNamed(_ variable: String, _ value: String) throws {
        let error = try #require(throws: OTLPConfigurationError.self) { _ = try read(Self.endpoint.merging([variable: value]) { $1 }) }
        #expect(error.variable == variable)
        #expect(!error.description.contains(value))
    }

    @Test("a ratio outside 0 to 1", arguments: ["-0.1", "1.1", "half", "nan"])
    func ratioOutOfRangeIsRefused(_ value: String) throws {
        let variables = Self.endpoint.merging(["OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": value]) { $1 }
        let error = try #require(throws: OTLPConfigurationError.self) { _ = try read(variables) }
        #expect(error.variable == "OTEL_TRACES_SAMPLER_ARG")
    }
}
