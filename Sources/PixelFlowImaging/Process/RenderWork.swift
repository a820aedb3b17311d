import PixelFlowCore
import Synchronization

/// One job on its way through the pool: waiting, running in a process, or over. It is answered exactly once.
final class RenderWork: Sendable {
    let job: RenderJob
    private let state = Mutex(State.new)

    private enum State {
        case new
        case waiting(CheckedContinuation<RenderReport, any Error>)
        case running(CheckedContinuation<RenderReport, any Error>, ChildProcess)
        case cancelled(CheckedContinuation<RenderReport, any Error>)
        case over
    }

    init(_ job: RenderJob) { self.job = job }

    /// - Returns: false where the job was cancelled before it could wait.
    func wait(_ continuation: CheckedContinuation<RenderReport, any Error>) -> Bool {
        let waits = state.withLock { state in
            guard case .new = state else { return false }
            state = .waiting(continuation)
            return true
        }
        if !waits { continuation.resume(throwing: CancellationError()) }
        return waits
    }

    /// - Returns: false where the job is over already.
    func start(in process: ChildProcess) -> Bool {
        state.withLock { state in
            guard case .waiting(let continuation) = state else { return false }
            state = .running(continuation, process)
            return true
        }
    }

    /// Ends a waiting job at once, and a running one by killing its process.
    func cancel() {
        let waiting: CheckedContinuation<RenderReport, any Error>? = state.withLock { state in
            switch state {
            case .new:
                state = .over
                return nil
            case .waiting(let continuation):
                state = .over
                return continuation
            case .running(let continuation, let process):
                state = .cancelled(continuation)
                process.kill()
                return nil
            case .cancelled, .over: return nil
            }
        }
        waiting?.resume(throwing: CancellationError())
    }

    /// - Returns: true where the job had been cancelled, and its process killed, in the meantime.
    @discardableResult
    func finish(_ result: Result<RenderReport, any Error>) -> Bool {
        let (continuation, wasCancelled): (CheckedContinuation<RenderReport, any Error>?, Bool) = state.withLock { state in
            defer { state = .over }
            switch state {
            case .waiting(let continuation), .running(let continuation, _): return (continuation, false)
            case .cancelled(let continuation): return (continuation, true)
            case .new, .over: return (nil, false)
            }
        }
        continuation?.resume(with: wasCancelled ? .failure(CancellationError()) : result)
        return wasCancelled
    }
}
