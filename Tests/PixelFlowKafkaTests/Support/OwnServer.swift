import Foundation
import PixelFlowCore
import TestSupport
import Testing

/// Separate Kafka-compatible servers for single tests.
enum OwnServer {
    static let executable = ProcessInfo.processInfo.environment["PIXELFLOW_TEST_KAFKA_SERVER"]
    static let comment: Comment = "needs PIXELFLOW_TEST_KAFKA_SERVER, the noida-db executable that `make stack-up` installs and names"

    /// Runs `body` with a server that has not been started, and removes the server afterwards.
    static func with(_ body: (ServerProcess) async throws -> Void) async throws {
        try await ServerProcess.with(try #require(executable), body)
    }
}

extension ServerProcess {
    var url: String { "kafka://127.0.0.1:\(port)" }

    func start() throws {
        try start { data in ["start", "--data-dir", data, "--only", "kafka", "--kafka-port", "\(port)"] }
    }
}
