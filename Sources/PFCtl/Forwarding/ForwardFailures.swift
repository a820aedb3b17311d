import KubernetesClient
import Synchronization

/// Why connections through a forwarded port failed: the local end only sees that they are closed.
final class ForwardFailures: Sendable {
    private let failure = Mutex<CommandFailure?>(nil)

    var last: CommandFailure? { failure.withLock { $0 } }

    /// The cluster was reached: that the pod was not is another matter.
    private static func explain(_ error: KubernetesError) -> CommandFailure {
        let failure = CommandFailure(error)
        guard error.kind == .unreachable else { return failure }
        return CommandFailure(failure.status, failure.message, hint: "pfctl status shows the pods, pfctl logs what they say")
    }

    /// Reads until the port is closed.
    func read(_ events: AsyncStream<PortForwardEvent>) {
        Task {
            for await event in events {
                switch event {
                case .failed(_, let error): failure.withLock { $0 = Self.explain(error) }
                case .connected: failure.withLock { $0 = nil }
                case .closed: break
                }
            }
        }
    }
}
