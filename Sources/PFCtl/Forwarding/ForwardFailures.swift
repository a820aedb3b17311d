import KubernetesClient
import Synchronization

/// Why connections through a forwarded port failed: the local end only sees that they are closed.
final class ForwardFailures: Sendable {
    private let failure = Mutex<CommandFailure?>(nil)

    var last: CommandFailure? { failure.withLock { $0 } }

    /// Reads until the port is closed.
    func read(_ events: AsyncStream<PortForwardEvent>) {
        Task {
            for await event in events {
                switch event {
                case .failed(_, let error): failure.withLock { $0 = CommandFailure(error) }
                case .connected: failure.withLock { $0 = nil }
                case .closed: break
                }
            }
        }
    }
}
