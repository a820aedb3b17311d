import Conformance
import PixelFlowCore

extension APIHarness {
    func waitForStreams(_ count: Int) async throws {
        _ = try await eventually(within: .seconds(30), "\(count) streams") { registry["event_streams"] == Double(count) ? true : nil }
    }

    /// A task whose events have about this size, and that is not in the store.
    func largeTask(of token: String, bytes: Int) async throws -> TaskRecord {
        let url = "http://example.org/" + String(repeating: "x", count: bytes)
        return TaskRecord(
            id: TaskID.make(at: SystemClock().now()), tenant: try await tenant(of: token), owner: UserID("u"), source: .url(url),
            pipeline: .default, fingerprint: "", requestID: "", createdAt: SystemClock().now())
    }
}
