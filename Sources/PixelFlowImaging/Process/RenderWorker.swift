import Foundation
import Logging
import NIOCore
import PixelFlowCore
import WireFormats

/// A thread of the pool and the render process that it keeps warm.
///
/// It blocks only this thread while it waits for a reply, never the cooperative pool. The process is also started on this
/// thread, because it dies with the thread that started it, and this thread lives as long as the slot.
final class RenderWorker {
    private let configuration: RenderPool.Configuration
    private let queue: RenderQueue
    private let registry: ProcessRegistry
    private let spare: SpareProcess
    private let index: Int
    private let metrics: RenderMetrics
    private let logger: Logger
    private var process: ChildProcess?
    private var jobs = 0
    private var last: (request: RenderRequest, data: Data)?
    private let encoder = JSONStreamEncoder(sortsKeys: false)
    private let decoder = JSONDecoder()

    init(
        _ index: Int, _ configuration: RenderPool.Configuration, _ queue: RenderQueue, _ registry: ProcessRegistry, _ spare: SpareProcess,
        _ metrics: RenderMetrics, _ logger: Logger
    ) {
        self.index = index
        self.configuration = configuration
        self.queue = queue
        self.registry = registry
        self.spare = spare
        self.metrics = metrics
        self.logger = logger
    }

    /// Works until the queue is closed and empty.
    func run() {
        prepare()
        registry.slotIsUp()
        while let (work, needsFresh) = queue.next(for: index, isFresh: process == nil || jobs == 0) {
            if needsFresh { replace() }
            perform(work)
            if needsRecycling { end(.recycled) }
            prepare()
        }
        end(.closed)
    }

    private func perform(_ work: RenderWork) {
        do {
            let running = try ready()
            guard work.start(in: running) else { return }
            finish(work, .success(try exchange(work.job, running, work.outputs)))
        } catch let failure as RenderError {
            finish(work, .failure(failure.error))
        } catch let failure as RenderWorkerError {
            let end = failure == .died ? process?.ended() : process?.end()
            let ending = failure.ending(end ?? .unknown)
            let wasStopped = finish(work, .failure(ending.error(work.job, end ?? .unknown)))
            self.end(ending.metric)
            if !wasStopped {
                logger.warning("render process ended", metadata: ["reason": "\(ending)", "end": "\(end ?? .unknown)"])
            }
        } catch {
            end(.crashed)
            logger.error("no render process", metadata: ["error": "\(error)"])
            finish(work, .failure(PixelFlowError.unavailable("renderer", cause: error)))
        }
    }

    @discardableResult
    private func finish(_ work: RenderWork, _ result: Result<RenderReport, any Error>) -> Bool {
        let wasCancelled = work.finish(result)
        // The cancellation has killed the process, perhaps just after its reply. The next job must not use a dying process.
        if wasCancelled { end(.cancelled) }
        return wasCancelled
    }

    /// The process, restarted if it has exited.
    @discardableResult
    private func ready() throws -> ChildProcess {
        // No job is affected by a process that died while idle.
        if let process, process.channel.isOpen { return process }
        end(.crashed)
        let start = ContinuousClock.now
        let started = try ChildProcess(configuration)
        queue.note(start: ContinuousClock.now - start)
        metrics.hasStarted()
        keep(started)
        return started
    }

    private func keep(_ started: ChildProcess) {
        process = started
        registry.set(started, at: index)
        jobs = 0
    }

    /// Starts a new process for another tenant, so that nothing from the previous tenant can reach the next one.
    private func replace() {
        if let ready = spare.exchange(release(.tenantChanged)) { keep(ready) }
    }

    /// Ends the process, if there is one.
    private func end(_ ending: RenderMetrics.Ending) { release(ending)?.end() }

    /// Removes the process from the slot, if there is one. The caller must end it.
    private func release(_ ending: RenderMetrics.Ending) -> ChildProcess? {
        guard let released = process else { return nil }
        metrics.hasEnded(ending)
        process = nil
        registry.set(nil, at: index)
        return released
    }

    private func exchange(_ job: RenderJob, _ process: ChildProcess, _ outputs: OutputWindow) throws -> RenderReport {
        // The deadline limits wall-clock time. Until then, the threads of a decoder may use two cores.
        try process.allowProcessorTime(job.limits.seconds * 2)
        var deadline = ContinuousClock.now + .seconds(job.limits.seconds)
        var exchange = RenderExchange(job: job, output: process.output, decoder: decoder)
        let message = try write(job, to: process.input)
        jobs += 1
        defer {
            process.input.trim()
            process.output.trim()
        }
        guard process.channel.send(message) else { throw RenderWorkerError.died }
        while true {
            switch process.channel.receive(until: deadline) {
            case .timedOut: throw RenderWorkerError.late
            case .closed: throw RenderWorkerError.died
            case .message(let reply):
                switch reply.kind {
                case .output:
                    let output = try exchange.output(reply)
                    guard process.channel.send(WireMessage(.taken)) else { throw RenderWorkerError.died }
                    deadline += handOver(output, of: job, to: outputs)
                    job.onProgress.map { exchange.reportProgress($0) }
                case .done: return try exchange.report(reply)
                case .failed: throw try exchange.failure(reply)
                case .ready, .render, .taken: throw RenderWorkerError.protocolViolation
                }
            }
        }
    }

    /// - Returns: the time spent waiting, which does not count as rendering time.
    private func handOver(_ output: RenderedOutput, of job: RenderJob, to outputs: OutputWindow) -> Duration {
        guard job.onOutput != nil else { return .zero }
        let start = ContinuousClock.now
        outputs.put(output)
        return ContinuousClock.now - start
    }

    private func write(_ job: RenderJob, to input: MemoryFile) throws -> WireMessage {
        let overlays = job.overlays.sorted { $0.key < $1.key }
        var limits = job.limits
        limits.memoryBytes = configuration.processMemory
        let request = RenderRequest(
            pipeline: job.pipeline, limits: limits,
            overlays: overlays.map { RenderRequest.Overlay(name: $0.key, length: $0.value.readableBytes) })
        let data = try encoded(request)
        try data.withUnsafeBytes { try input.write($0, at: 0) }
        var end = data.count
        for buffer in [job.source] + overlays.map(\.value) {
            try buffer.withUnsafeReadableBytes { try input.write($0, at: end) }
            end += buffer.readableBytes
        }
        return WireMessage(.render, data.count, job.source.readableBytes)
    }

    /// Caches the encoded request, because equal ones often follow each other.
    private func encoded(_ request: RenderRequest) throws -> Data {
        if let last, last.request == request { return last.data }
        let data = Data(try encoder.encode(request))
        last = (request, data)
        return data
    }

    /// Whether the process has run many jobs or uses much memory. Recycling prevents leaks in decoders from accumulating.
    private var needsRecycling: Bool {
        guard let process else { return false }
        if jobs >= configuration.jobsPerProcess { return true }
        return jobs % 16 == 0 && (process.residentBytes ?? 0) > configuration.residentLimit
    }

    /// Starts a process before there is a job for it.
    private func prepare() {
        do { try ready() } catch { logger.error("render process did not start", metadata: ["error": "\(error)"]) }
    }
}
