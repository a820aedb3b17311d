import NIOCore
import Synchronization

/// The current faults for all connections of a proxy.
final class Faults: Sendable {
    struct State: Sendable {
        var isBlackHole = false
        var latency: Duration = .zero
        var bytesPerSecond: Int?
        fileprivate var cuts: [ReplyCut] = []
    }

    private let state = Mutex(State())

    var isBlackHole: Bool { state.withLock { $0.isBlackHole } }
    var latency: Duration { state.withLock { $0.latency } }
    var bytesPerSecond: Int? { state.withLock { $0.bytesPerSecond } }

    func change(_ body: (inout State) -> Void) {
        state.withLock { body(&$0) }
    }

    func add(_ cut: ReplyCut) {
        state.withLock { $0.cuts.append(cut) }
    }

    /// The cut that applies to this request, if there is one.
    func cut(for request: ByteBuffer) -> ReplyCut? {
        state.withLock { $0.cuts }.first { $0.claim(request) }
    }

    func reset() {
        let left = state.withLock { state in
            defer { state = State() }
            return state.cuts
        }
        for cut in left { cut.cancel() }
    }
}
