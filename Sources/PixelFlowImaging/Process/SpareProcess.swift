import Foundation
import Logging
import Synchronization

/// Keeps a spare render process ready for slots that need a new one, so that no job waits for a process to start.
///
/// Its thread lives until the pool has ended, because a render process dies with the thread that started it.
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

    /// Ends a process in the background and returns the spare if it is alive. The next spare starts immediately.
    func exchange(_ used: ChildProcess?) -> ChildProcess? {
        // Kill it now to free its memory. Reaping it takes some milliseconds, which no job should wait for.
        used?.kill()
        let process = state.withLock { state in
            if let used { state.killed.append(used) }
            defer { state.process = nil }
            return state.process
        }
        wanted.signal()
        return process.flatMap { $0.channel.isOpen ? $0 : nil }
    }

    /// Ends the spare and its thread. All processes that came from here must have ended.
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

    /// Starts the first spare only after a slot has asked for one: if all jobs belong to one tenant, none does.
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
