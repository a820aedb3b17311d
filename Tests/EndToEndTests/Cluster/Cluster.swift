import Conformance
import Foundation
import Testing

/// Shared by the tests of the four services.
enum Cluster {
    /// Whether the tools with which `scripts/stack` starts servers are installed.
    static var isHere: Bool { ProcessInfo.processInfo.environment["PIXELFLOW_TEST_KAFKA_URL"] != nil }
    static let comment: Comment = "needs servers: make stack-up prints the settings"

    /// The time limit for recovering from any fault.
    static let recovery = Duration.seconds(45)

    /// Waits until this many tasks have been accepted.
    static func enough(_ tasks: Int, _ loadRun: LoadRun) async throws {
        try await eventually(within: .seconds(max(300, tasks / 2)), "\(tasks) tasks to be accepted") {
            loadRun.accepted >= tasks ? () : nil
        }
    }
}
