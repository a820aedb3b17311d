import Foundation
import NIOCore
import PixelFlowCore
import Synchronization

/// A job in the pool: waiting, running in a process, or ended. It gets exactly one reply.
final class RenderWork: Sendable {
    let job: RenderJob
    /// Passes the job's outputs one by one to their consumer.
    let outputs = OutputWindow()
    private let state = Mutex(State.new)

    private typealias Continuation = CheckedContinuation<RenderReport, any Error>

    private enum State {
        case new
        case waiting(Continuation)
        case running(Continuation, ChildProcess)
        /// The job's process has been killed; the job ends with this error.
        case stopped(Continuation, any Error)
        case over
    }

    init(_ job: RenderJob) { self.job = job }

    /// - Returns: false if the job was cancelled before it could wait.
    func wait(_ continuation: CheckedContinuation<RenderReport, any Error>) -> Bool {
        let waits = state.withLock { state in
            guard case .new = state else { return false }
            state = .waiting(continuation)
            return true
        }
        if !waits { continuation.resume(throwing: CancellationError()) }
        return waits
    }

    /// - Returns: false if the job has already ended.
    func start(in process: ChildProcess) -> Bool {
        state.withLock { state in
            guard case .waiting(let continuation) = state else { return false }
            state = .running(continuation, process)
            return true
        }
    }

    /// Ends a waiting job immediately, and a running one by killing its process.
    func cancel() { stop(CancellationError()) }

    /// Like `cancel`, because of an error of the consumer.
    func stop(_ error: any Error) {
        let waiting: Continuation? = state.withLock { state in
            switch state {
            case .new:
                state = .over
                return nil
            case .waiting(let continuation):
                state = .over
                return continuation
            case .running(let continuation, let process):
                state = .stopped(continuation, error)
                process.kill()
                return nil
            case .stopped, .over: return nil
            }
        }
        outputs.close()
        waiting?.resume(throwing: error)
    }

    /// - Returns: true if the job was stopped, and its process killed, in the meantime.
    @discardableResult
    func finish(_ result: Result<RenderReport, any Error>) -> Bool {
        let (continuation, reason): (Continuation?, (any Error)?) = state.withLock { state in
            defer { state = .over }
            switch state {
            case .waiting(let continuation), .running(let continuation, _): return (continuation, nil)
            case .stopped(let continuation, let error): return (continuation, error)
            case .new, .over: return (nil, nil)
            }
        }
        outputs.close()
        continuation?.resume(with: reason.map { .failure($0) } ?? result)
        return reason != nil
    }
}

/// A buffer of outputs, bounded in bytes, between the thread that reads them from a render process and the task that stores them.
final class OutputWindow: Sendable {
    /// Buffered bytes above which the render process must wait. A single output may be larger.
    static let bytes = 32 << 20

    private struct State {
        var waiting = 0
        var isOpen = true
    }

    private let state = Mutex(State())
    private let changes = DispatchSemaphore(value: 0)
    private let stream: AsyncStream<RenderedOutput>
    private let continuation: AsyncStream<RenderedOutput>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(of: RenderedOutput.self) }

    /// Blocks the calling thread while the buffer is full.
    func put(_ output: RenderedOutput) {
        while true {
            let isPut = state.withLock { state in
                guard state.isOpen else { return true }
                guard state.waiting == 0 || state.waiting + output.byteCount <= OutputWindow.bytes else { return false }
                state.waiting += output.byteCount
                continuation.yield(output)
                return true
            }
            if isPut { return }
            changes.wait()
        }
    }

    /// Passes the outputs to the consumer, several at a time, until the job ends.
    ///
    /// - Parameter onFailure: called immediately if the consumer fails; the error is also thrown at the end.
    func drain(
        _ take: @escaping @Sendable (RenderedOutput) async throws -> Void, onFailure: @escaping @Sendable (any Error) -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for await output in stream {
                group.addTask { [self] in
                    // A failure ends the job immediately, not after its last output.
                    do { try await take(output) } catch {
                        onFailure(error)
                        throw error
                    }
                    state.withLock { $0.waiting -= output.byteCount }
                    changes.signal()
                }
            }
            try await group.waitForAll()
        }
    }

    /// Signals the end of the outputs. Buffered ones are still passed on.
    func close() {
        state.withLock { $0.isOpen = false }
        continuation.finish()
        changes.signal()
    }
}

extension RenderedOutput {
    fileprivate var byteCount: Int { (try? result.get())?.bytes.readableBytes ?? 0 }
}
