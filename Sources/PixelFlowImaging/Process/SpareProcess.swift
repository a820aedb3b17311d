import Foundation
import Logging
import Synchronization

/// Keeps one render process ready for the slot that needs another one, so that no job waits for its start.
///
/// Its thread lives until the pool has ended: a render process dies with the thread that started it.
final class SpareProcess: Sendable {
    private struct State {
        var process: ChildProcess?
        /// Killed, but not reaped yet.
        var killed: [ChildProcess] = []
        var isOpen = true
    }

    private let state = Mutex(State())
    private let wanted = DispatchSemaphore(value: 0)
    private let over = DispatchSemaphore(value: 0)

    init(_ configuration: RenderPool.Configuration, _ metrics: RenderMetrics, _ logger: Logger) {
        let thread = Thread { [self] in
            run(configuration, metrics, logger)
            over.signal()
        }
        thread.name = "render-spare"
        thread.start()
    }

    /// Ends a process in the background, and returns the spare in its place if there is one that lives; the next is started at once.
    func exchange(_ used: ChildProcess?) -> ChildProcess? {
        // At once, so that its memory is free; its end takes some milliseconds, which no job waits for.
        used?.kill()
        let process = state.withLock { state in
            if let used { state.killed.append(used) }
            defer { state.process = nil }
            return state.process
        }
        wanted.signal()
        return process.flatMap { $0.channel.isOpen ? $0 : nil }
    }

    /// Ends the spare and its thread. Every process that was ever a spare must have ended.
    func close() {
        let process = state.withLock { state in
            state.isOpen = false
            defer { state.process = nil }
            return state.process
        }
        process?.end()
        wanted.signal()
        over.wait()
        reap()
    }

    private func reap() {
        let killed = state.withLock { state in
            defer { state.killed = [] }
            return state.killed
        }
        for process in killed { process.end() }
    }

    /// Until someone has needed a spare, there is none: where all jobs are one tenant's, no one ever does.
    private func run(_ configuration: RenderPool.Configuration, _ metrics: RenderMetrics, _ logger: Logger) {
        while true {
            wanted.wait()
            guard state.withLock({ $0.isOpen }) else { return }
            reap()
            guard state.withLock({ $0.process == nil }) else { continue }
            do {
                let process = try ChildProcess(configuration)
                metrics.hasStarted()
                let isKept = state.withLock { state in
                    if state.isOpen { state.process = process }
                    return state.isOpen
                }
                if !isKept { process.end() }
            } catch {
                logger.error("spare render process did not start", metadata: ["error": "\(error)"])
            }
        }
    }
}
