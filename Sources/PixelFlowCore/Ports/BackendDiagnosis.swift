import WireFormats

/// A backend that can report its configuration.
package protocol DiagnosableBackend: Sendable {
    /// The product: `PostgreSQL`, `MongoDB`, …
    var kind: String { get }

    /// Checks the configuration of the backend over the regular connections, without visible changes.
    ///
    /// - Returns: the findings in display order. Checks that the backend does not support are `skipped`.
    /// - Throws: `PixelFlowError` if the backend does not respond.
    func diagnose() async throws -> [BackendFinding]
}

/// A check of a backend, with its result for operators.
package struct BackendFinding: Sendable, Hashable {
    package enum Result: String, Sendable, Hashable, Codable, CaseIterable {
        case ok
        /// Works, but is slow or risky.
        case warning
        /// PixelFlow cannot work correctly with it.
        case failed
        /// The backend does not report it.
        case skipped
    }

    /// Identifies the check, for programs and the documentation: `replication`.
    package let name: String
    /// The expected state.
    package let title: String
    package let result: Result
    /// What was observed. Contains no secrets.
    package let reason: String
    /// How to fix it; nil if no action is needed.
    package let hint: String?

    private init(_ result: Result, _ name: String, _ title: String, _ reason: String, hint: String? = nil) {
        self.name = name
        self.title = title
        self.result = result
        self.reason = reason
        self.hint = hint
    }

    package static func ok(_ name: String, _ title: String, _ reason: String) -> Self { Self(.ok, name, title, reason) }
    package static func skipped(_ name: String, _ title: String, _ reason: String) -> Self { Self(.skipped, name, title, reason) }
    package static func warning(_ name: String, _ title: String, _ reason: String, hint: String) -> Self {
        Self(.warning, name, title, reason, hint: hint)
    }
    package static func failed(_ name: String, _ title: String, _ reason: String, hint: String) -> Self {
        Self(.failed, name, title, reason, hint: hint)
    }
}

/// The checks that all kinds of backends share.
extension BackendFinding {
    /// Servers in one data centre respond within a few milliseconds.
    package static let slowRoundTrip = Duration.milliseconds(20)
    /// A majority of replicas in several zones has a write on disk within this time.
    package static let slowWrite = Duration.milliseconds(100)
    private static let samples = 5
    private static let noticeableSkew = Duration.seconds(1)
    private static let badSkew = Duration.seconds(60)

    /// The median of five sequential calls.
    package static func latency(
        _ name: String = "latency", _ title: String = "a round trip is quick", limit: Duration = slowRoundTrip,
        hint: String = "is it in another region, or does it lack processors? see its own metrics", _ call: () async throws -> Void
    ) async throws -> Self {
        var times: [Duration] = []
        for _ in 0..<samples {
            let start = ContinuousClock.now
            try await call()
            times.append(ContinuousClock.now - start)
        }
        let median = times.sorted()[samples / 2]
        let tenths = (median.microseconds + 50) / 100
        let reason = "\(tenths / 10).\(tenths % 10) ms"
        return median > limit ? .warning(name, title, "\(reason), over \(limit.milliseconds) ms", hint: hint) : .ok(name, title, reason)
    }

    /// The difference between the clocks of a server and of this process.
    ///
    /// - Parameters:
    ///   - server: the server's time, read between `sent` and `received`.
    ///   - resolution: of the server's time.
    package static func clock(_ server: Timestamp, sent: Timestamp, received: Timestamp, resolution: Duration = .milliseconds(1)) -> Self {
        let (name, title) = ("clock", "its clock agrees with that of the service")
        let ahead = server - received
        let behind = sent - (server + resolution)
        let skew = max(ahead, behind, .zero)
        guard skew > noticeableSkew else { return .ok(name, title, "within \(max(resolution, .milliseconds(100)).milliseconds) ms") }
        let reason = "\(skew.components.seconds) s \(ahead > behind ? "ahead" : "behind")"
        let hint = "let both machines follow the same time servers (chrony, systemd-timesyncd)"
        return skew > badSkew ? .failed(name, title, reason, hint: hint) : .warning(name, title, reason, hint: hint)
    }

    package static func encryption(_ isEncrypted: Bool, details: String = "TLS", hint: String) -> Self {
        let (name, title) = ("tls", "connections are encrypted")
        return isEncrypted ? .ok(name, title, details) : .warning(name, title, "no TLS", hint: hint)
    }

    /// - Parameter oldest: the oldest supported version, such as `[6, 0]`.
    package static func version(_ version: String, oldest: [Int]) -> Self {
        let (name, title) = ("version", "its version is supported")
        let parts = version.prefix { $0.isNumber || $0 == "." }.split(separator: ".").compactMap { Int($0) }
        let wanted = oldest.map(String.init).joined(separator: ".")
        guard !parts.isEmpty else { return .skipped(name, title, "it calls itself \"\(version.prefix(64))\"") }
        guard parts.lexicographicallyPrecedes(oldest) else { return .ok(name, title, version) }
        return .failed(name, title, "\(version), older than \(wanted)", hint: "upgrade it to \(wanted) or later; see docs/kubernetes.md")
    }

    /// The free space of a file system; nil if the server does not report it.
    package static func space(free: Int64?, of total: Int64?) -> Self {
        let (name, title) = ("space", "its disk has room")
        guard let free, let total, total > 0, free >= 0 else { return .skipped(name, title, "the server does not report it") }
        let percent = Int(Double(free) / Double(total) * 100)
        let reason = "\(percent) % of \(total >> 30) GiB free"
        let hint = "enlarge the volume, or let less be kept: docs/production.md"
        if percent < 5 { return .failed(name, title, reason, hint: hint) }
        return percent < 15 ? .warning(name, title, reason, hint: hint) : .ok(name, title, reason)
    }

    /// - Parameter missing: names of missing indexes.
    package static func indexes(missing: [String], of count: Int, hint: String) -> Self {
        let (name, title) = ("indexes", "every index is there")
        guard !missing.isEmpty else { return .ok(name, title, "\(count)") }
        return .failed(name, title, "missing: \(missing.sorted().joined(separator: ", "))", hint: hint)
    }
}
