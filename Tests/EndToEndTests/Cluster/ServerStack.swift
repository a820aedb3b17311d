import Foundation
import TestSupport

/// Separate servers for this test: `scripts/stack` in a separate folder, on free ports.
///
/// PostgreSQL, Redis and the S3 server (SeaweedFS) are the real ones; MongoDB and Kafka are replaced with wire-compatible
/// servers, because the genuine ones cannot run here.
final class ServerStack: Sendable {
    enum Server: String, CaseIterable, Sendable { case postgres, mongodb, kafka, s3, redis }

    private let home: TemporaryFolder

    init() throws { home = try TemporaryFolder() }

    /// Starts the given servers, or all, and returns once they respond.
    func up(_ servers: Server...) async throws { try await call("up", servers) }
    /// Kills servers, like a power failure.
    func kill(_ servers: Server...) async throws { try await call("kill", servers) }
    /// Stops servers gracefully. Their data is kept.
    func down(_ servers: Server...) async throws { try await call("down", servers) }
    /// Stops servers and deletes their data.
    func wipe(_ servers: Server...) async throws { try await call("wipe", servers) }
    /// Stops all servers and removes everything.
    func remove() async throws { try await call("wipe", Server.allCases) }

    /// The settings of the services from `scripts/stack env`.
    func settings() async throws -> [String: String] {
        var settings: [String: String] = [:]
        for line in try await call("env", []).split(separator: "\n") {
            let parts = line.dropFirst("export ".count).split(separator: "=", maxSplits: 1)
            if parts.count == 2 { settings[String(parts[0])] = parts[1].trimmingCharacters(in: ["'"]) }
        }
        return settings
    }

    @discardableResult
    private func call(_ command: String, _ servers: [Server]) async throws -> String {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../scripts/stack").path
        return try await Command.output(
            "/usr/bin/env",
            ["PIXELFLOW_STACK_DIR=\(home.path)", "PIXELFLOW_STACK_PORTS=free", script, command] + servers.map(\.rawValue))
    }
}
