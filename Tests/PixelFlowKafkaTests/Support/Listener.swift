import Conformance
import PixelFlowCore
import Synchronization

/// Collects the changes of a stream.
final class Listener: Sendable {
    private let heard = Heard()

    private final class Heard: Sendable {
        let requests = Mutex<Set<String>>([])
    }

    init(_ stream: AsyncStream<TaskChange>) {
        Task { [heard] in
            // bounded: by the stream; nothing waits for this.
            for await change in stream { heard.requests.withLock { _ = $0.insert(change.task.requestID) } }
        }
    }

    /// Waits for the change with this number, repeating `attempt`.
    func hears(_ number: Int, _ attempt: () async -> Void = {}) async throws {
        _ = try await eventually(within: .seconds(30), "change \(number)") {
            await attempt()
            return heard.requests.withLock { $0.contains("request-\(number)") } ? true : nil
        }
    }
}
