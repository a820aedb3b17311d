import Foundation
import TestSupport

/// Real servers of this test's own: `scripts/stack` in a folder of its own, on free ports.
///
/// PostgreSQL, Redis and the S3 server (SeaweedFS) are the real ones; MongoDB and Kafka are wire-compatible
/// stand-ins, for the genuine ones cannot run here.
final class ServerStack: Sendable {
    enum Server: String, CaseIterable, Sendable { case postgres, mongodb, kafka, s3, redis }

    private let home: TemporaryFolder

    init() throws { home = try TemporaryFolder() }

    /// Starts servers, all of them unless told otherwise, and returns once each answers.
    func up(_ servers: Server...) async throws { try await call("up", servers) }
    /// Ends servers as a power cut would.
    func kill(_ servers: Server...) async throws { try await call("kill", servers) }
    /// Ends servers in order. What they have stored stays.
    func down(_ servers: Server...) async throws { try await call("down", servers) }
    /// Ends servers and throws away what they have stored.
    func wipe(_ servers: Server...) async throws { try await call("wipe", servers) }
    /// Ends all servers and leaves nothing behind.
    func remove() async throws { try await call("wipe", Server.allCases) }

    /// The settings of the services, as `scripts/stack env` says them.
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
