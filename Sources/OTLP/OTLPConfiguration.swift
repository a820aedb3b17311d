import WireFormats

/// The limits of the queue and of batches: the variables `OTEL_BSP_…`.
public struct BatchLimits: Sendable, Hashable {
    /// Maximum number of queued spans; further ones are dropped and counted.
    public var queue: Int
    /// Maximum number of spans per request.
    public var batch: Int
    /// The maximum time that spans wait for a batch to fill.
    public var delay: Duration
    /// The time limit for one batch, including retries; afterwards it is dropped and counted.
    public var timeout: Duration

    public init(queue: Int = 2048, batch: Int = 512, delay: Duration = .seconds(5), timeout: Duration = .seconds(30)) {
        self.queue = queue
        self.batch = batch
        self.delay = delay
        self.timeout = timeout
    }
}

/// A variable with an invalid value.
public struct OTLPConfigurationError: Error, CustomStringConvertible {
    /// The name of the variable.
    public let variable: String
    /// What is wrong and what is expected; without the value, which may be a secret.
    public let message: String

    public var description: String { "\(variable) \(message)" }
}

/// Where spans are sent, and which: the configuration from the standard variables of OpenTelemetry.
public struct OTLPConfiguration: Sendable, Hashable {
    /// The URL to which batches are posted.
    public var endpoint: String
    /// Sent with each batch, for example credentials.
    public var headers: [String: String]
    /// The time limit for one request.
    public var timeout: Duration
    /// Whether batches are compressed with gzip.
    public var compresses: Bool
    /// Describes the process: `service.name` and others.
    public var resource: [String: String]
    public var sampler: Sampler
    public var batches: BatchLimits

    public init(
        endpoint: String, headers: [String: String] = [:], timeout: Duration = .seconds(10), compresses: Bool = false,
        resource: [String: String], sampler: Sampler = Sampler(), batches: BatchLimits = BatchLimits()
    ) {
        self.endpoint = endpoint
        self.headers = headers
        self.timeout = timeout
        self.compresses = compresses
        self.resource = resource
        self.sampler = sampler
        self.batches = batches
    }

    /// Reads the standard variables. Nil if none sets an endpoint, or if `OTEL_SDK_DISABLED` is `true`.
    ///
    /// - Parameters:
    ///   - environment: the variables; empty ones count as unset.
    ///   - resource: default attributes of the process, including `service.name`, which variables may override.
    /// - Throws: `OTLPConfigurationError` for an invalid value.
    public init?(environment: [String: String], resource: [String: String]) throws(OTLPConfigurationError) {
        let variables = OTLPVariables(environment)
        guard try !variables.isTrue("OTEL_SDK_DISABLED"), let endpoint = try variables.endpoint() else { return nil }
        try variables.checkProtocol()
        let queue = try variables.integer("OTEL_BSP_MAX_QUEUE_SIZE", default: 2048, in: 1...1_000_000)
        self.init(
            endpoint: endpoint,
            headers: try variables.list("OTEL_EXPORTER_OTLP_HEADERS").merging(
                try variables.list("OTEL_EXPORTER_OTLP_TRACES_HEADERS"), uniquingKeysWith: { $1 }),
            timeout: try variables.milliseconds(
                variables.has("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT") ? "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT" : "OTEL_EXPORTER_OTLP_TIMEOUT",
                default: 10_000),
            compresses: try variables.compresses(), resource: resource.merging(try variables.resource(), uniquingKeysWith: { $1 }),
            sampler: try variables.sampler(),
            batches: BatchLimits(
                queue: queue,
                batch: try variables.integer("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", default: min(512, queue), in: 1...min(queue, 10_000)),
                delay: try variables.milliseconds("OTEL_BSP_SCHEDULE_DELAY", default: 5000),
                timeout: try variables.milliseconds("OTEL_BSP_EXPORT_TIMEOUT", default: 30_000)))
    }
}

/// Reads variables as specified by OpenTelemetry.
private struct OTLPVariables {
    private let values: [String: String]

    init(_ values: [String: String]) { self.values = values }

    private subscript(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    func has(_ name: String) -> Bool { self[name] != nil }

    func isTrue(_ name: String) throws(OTLPConfigurationError) -> Bool {
        switch self[name]?.lowercased() {
        case nil, "false": return false
        case "true": return true
        default: throw OTLPConfigurationError(variable: name, message: "must be true or false.")
        }
    }

    func integer(_ name: String, default preset: Int, in range: ClosedRange<Int>) throws(OTLPConfigurationError) -> Int {
        guard let text = self[name] else { return preset }
        guard let value = Int(text), range.contains(value) else {
            throw OTLPConfigurationError(
                variable: name, message: "must be a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return value
    }

    /// At most an hour.
    func milliseconds(_ name: String, default preset: Int) throws(OTLPConfigurationError) -> Duration {
        .milliseconds(try integer(name, default: preset, in: 1...3_600_000))
    }

    /// The general endpoint is a base URL, to which the path for traces is appended; the one for traces is used unchanged.
    func endpoint() throws(OTLPConfigurationError) -> String? {
        let own = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
        let general = "OTEL_EXPORTER_OTLP_ENDPOINT"
        if let url = self[own] { return try checked(url, own) }
        guard let base = self[general] else { return nil }
        return try checked(base, general) + (base.hasSuffix("/") ? "v1/traces" : "/v1/traces")
    }

    private func checked(_ url: String, _ name: String) throws(OTLPConfigurationError) -> String {
        let scheme = ["http://", "https://"].first { url.lowercased().hasPrefix($0) }
        guard let scheme, url.utf8.count > scheme.utf8.count, url.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw OTLPConfigurationError(variable: name, message: "must be a URL with http or https.")
        }
        return url
    }

    func checkProtocol() throws(OTLPConfigurationError) {
        for name in ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] {
            guard let text = self[name], text != "http/json" else { continue }
            throw OTLPConfigurationError(variable: name, message: "must be http/json, which collectors take on port 4318.")
        }
    }

    func compresses() throws(OTLPConfigurationError) -> Bool {
        let own = "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION"
        let name = has(own) ? own : "OTEL_EXPORTER_OTLP_COMPRESSION"
        switch self[name] {
        case nil, "none": return false
        case "gzip": return true
        default: throw OTLPConfigurationError(variable: name, message: "must be gzip or none.")
        }
    }

    /// `name=value,name=value`, percent-encoded.
    func list(_ name: String) throws(OTLPConfigurationError) -> [String: String] {
        var list: [String: String] = [:]
        for entry in (self[name] ?? "").split(separator: ",") {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(Self.trimmed)
            guard parts.count == 2, !parts[0].isEmpty, let key = parts[0].percentDecoded, let value = parts[1].percentDecoded,
                !value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f })
            else {
                throw OTLPConfigurationError(variable: name, message: "must be a list of name=value, separated by commas.")
            }
            list[key] = value
        }
        return list
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return text
    }

    func resource() throws(OTLPConfigurationError) -> [String: String] {
        var resource = try list("OTEL_RESOURCE_ATTRIBUTES")
        if let name = self["OTEL_SERVICE_NAME"] { resource["service.name"] = name }
        return resource
    }

    func sampler() throws(OTLPConfigurationError) -> Sampler {
        let name = "OTEL_TRACES_SAMPLER"
        switch self[name] ?? "parentbased_always_on" {
        case "always_on": return Sampler(root: .alwaysOn, isParentBased: false)
        case "always_off": return Sampler(root: .alwaysOff, isParentBased: false)
        case "traceidratio": return Sampler(root: .ratio(try ratio()), isParentBased: false)
        case "parentbased_always_on": return Sampler(root: .alwaysOn)
        case "parentbased_always_off": return Sampler(root: .alwaysOff)
        case "parentbased_traceidratio": return Sampler(root: .ratio(try ratio()))
        default:
            throw OTLPConfigurationError(
                variable: name,
                message: "must be one of always_on, always_off, traceidratio and these with parentbased_ before them.")
        }
    }

    private func ratio() throws(OTLPConfigurationError) -> Double {
        let name = "OTEL_TRACES_SAMPLER_ARG"
        guard let text = self[name] else { return 1 }
        guard let ratio = Double(text), (0...1).contains(ratio) else {
            throw OTLPConfigurationError(variable: name, message: "must be a number from 0 to 1.")
        }
        return ratio
    }
}
