import Conformance
import Foundation
import Testing

/// What the tests of the four services have in common.
enum Cluster {
    /// Whether the tools that `scripts/stack` starts servers with are installed.
    static var isHere: Bool { ProcessInfo.processInfo.environment["PIXELFLOW_TEST_KAFKA_URL"] != nil }
    static let comment: Comment = "needs servers: make stack-up prints the settings"

    /// Recovery from any fault may take this long.
    static let recovery = Duration.seconds(45)

    /// Waits until that many tasks have been accepted.
    static func enough(_ tasks: Int, _ loadRun: LoadRun) async throws {
        try await eventually(within: .seconds(max(300, tasks / 2)), "\(tasks) tasks to be accepted") {
            loadRun.accepted >= tasks ? () : nil
        }
    }
}
