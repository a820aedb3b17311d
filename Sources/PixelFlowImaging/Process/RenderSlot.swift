import Foundation
import Logging
import NIOCore
import PixelFlowCore

/// One thread of the pool and the render process that it keeps warm.
///
/// Waiting for an answer blocks this thread and no other: the cooperative pool never waits here.
/// Starting the process on it, too, ties the process to a thread that lives as long as the slot.
final class RenderSlot {
    private let configuration: RenderPool.Configuration
    private let queue: RenderQueue
    private let roster: RenderRoster
    private let index: Int
    private let metrics: RenderMetrics
    private let logger: Logger
    private var process: ChildProcess?
    private var jobs = 0
    private var last: (request: RenderRequest, data: Data)?
    private let encoder = JSONEncoder()
    private let decoder = JSONDecoder()

    init(
        _ index: Int, _ configuration: RenderPool.Configuration, _ queue: RenderQueue, _ roster: RenderRoster, _ metrics: RenderMetrics,
        _ logger: Logger
    ) {
        self.index = index
        self.configuration = configuration
        self.queue = queue
        self.roster = roster
        self.metrics = metrics
        self.logger = logger
    }

    /// Works until the queue is closed and empty.
    func run() {
        prepare()
        roster.slotIsUp()
        while let work = queue.next() {
            perform(work)
            if isWorn { end(.recycled) }
            prepare()
        }
        end(.closed)
    }

    private func perform(_ work: RenderWork) {
        do {
            let running = try ready()
            guard work.start(in: running) else { return }
            finish(work, .success(try exchange(work.job, running)))
        } catch let failure as RenderFailure {
            finish(work, .failure(failure.error))
        } catch let failure as SlotFailure {
            let end = process?.end() ?? "unknown"
            let wasCancelled = finish(work, .failure(failure.error(end)))
            self.end(failure.ending)
            if !wasCancelled { logger.warning("render process ended", metadata: ["reason": "\(failure)", "end": "\(end)"]) }
        } catch {
            end(.crashed)
            logger.error("no render process", metadata: ["error": "\(error)"])
            finish(work, .failure(PixelFlowError.unavailable("renderer", cause: error)))
        }
    }

    @discardableResult
    private func finish(_ work: RenderWork, _ result: Result<RenderReport, any Error>) -> Bool {
        let wasCancelled = work.finish(result)
        // The cancel has killed the process, perhaps just after its answer: the next job must not meet it dying.
        if wasCancelled { end(.cancelled) }
        return wasCancelled
    }

    /// The process, started anew where it is gone.
    @discardableResult
    private func ready() throws -> ChildProcess {
        // A process that died while it waited has no job to answer for.
        if let process, process.channel.isOpen { return process }
        end(.crashed)
        let started = try ChildProcess(configuration)
        metrics.hasStarted()
        process = started
        roster.set(started, at: index)
        jobs = 0
        return started
    }

    /// Ends the process, where there is one.
    private func end(_ ending: RenderMetrics.Ending) {
        guard let process else { return }
        process.end()
        metrics.hasEnded(ending)
        self.process = nil
        roster.set(nil, at: index)
    }

    private func exchange(_ job: RenderJob, _ process: ChildProcess) throws -> RenderReport {
        let deadline = ContinuousClock.now + .seconds(job.limits.seconds)
        let message = try write(job, to: process.input)
        jobs += 1
        defer {
            process.input.trim()
            process.output.trim()
        }
        guard process.channel.send(message) else { throw SlotFailure.died }
        while true {
            switch process.channel.receive(until: deadline) {
            case .timedOut: throw SlotFailure.late(job.limits.seconds)
            case .closed: throw SlotFailure.died
            case .message(let answer):
                switch answer.kind {
                case .progress: job.onProgress?(answer.first, answer.second)
                case .done: return try report(answer, job, process.output)
                case .failed: throw try decoded(RenderFailure.self, answer, process.output)
                case .ready, .render: throw SlotFailure.died
                }
            }
        }
    }

    private func write(_ job: RenderJob, to input: MemoryFile) throws -> WireMessage {
        let overlays = job.overlays.sorted { $0.key < $1.key }
        let request = RenderRequest(
            pipeline: job.pipeline, limits: job.limits,
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

    /// Requests repeat: equal ones are encoded once.
    private func encoded(_ request: RenderRequest) throws -> Data {
        if let last, last.request == request { return last.data }
        let data = try encoder.encode(request)
        last = (request, data)
        return data
    }

    private func report(_ answer: WireMessage, _ job: RenderJob, _ output: MemoryFile) throws -> RenderReport {
        let reply = try decoded(RenderReply.self, answer, output)
        guard reply.outputs.map(\.result.name) == job.pipeline.outputs.map(\.name) else { throw SlotFailure.died }
        var offset = 0
        let outputs = try reply.outputs.map { entry in
            guard (0...job.limits.outputBytes).contains(entry.length) else { throw SlotFailure.died }
            defer { offset += entry.length }
            return RenderedOutput(name: entry.result.name, result: try image(entry, output, at: offset))
        }
        return RenderReport(source: reply.source, outputs: outputs, duration: .microseconds(reply.microseconds))
    }

    private func image(_ entry: RenderReply.Output, _ output: MemoryFile, at offset: Int) throws -> Result<RenderedImage, OutputFailure> {
        if let failure = entry.result.failure { return .failure(failure) }
        guard let format = entry.result.format else { throw SlotFailure.died }
        var bytes = ByteBuffer()
        try bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: entry.length) { space in
            try output.read(into: UnsafeMutableRawBufferPointer(rebasing: space[0..<entry.length]), at: offset)
            return entry.length
        }
        return .success(
            RenderedImage(
                format: format, width: entry.result.width, height: entry.result.height, frames: entry.result.frames, bytes: bytes))
    }

    private func decoded<Value: Decodable>(_ type: Value.Type, _ answer: WireMessage, _ output: MemoryFile) throws -> Value {
        // A reply of sixteen outputs has a few kilobytes.
        guard (1...1_000_000).contains(answer.second), answer.first >= 0 else { throw SlotFailure.died }
        var data = Data(count: answer.second)
        do {
            try data.withUnsafeMutableBytes { try output.read(into: $0, at: answer.first) }
            return try decoder.decode(type, from: data)
        } catch {
            throw SlotFailure.died
        }
    }

    /// Whether the process has had many jobs or holds much memory, so that no leak in a decoder adds up.
    private var isWorn: Bool {
        guard let process else { return false }
        if jobs >= configuration.jobsPerProcess { return true }
        return jobs % 16 == 0 && (process.residentBytes ?? 0) > configuration.residentLimit
    }

    /// Has a process ready before there is a job for it.
    private func prepare() {
        do { try ready() } catch { logger.error("render process did not start", metadata: ["error": "\(error)"]) }
    }
}

/// How a job can end without an answer.
enum SlotFailure: Error, CustomStringConvertible {
    case died
    case late(Int)

    var description: String {
        switch self {
        case .died: "died during a job"
        case .late: "stopped at the deadline"
        }
    }

    var ending: RenderMetrics.Ending {
        switch self {
        case .died: .crashed
        case .late: .timedOut
        }
    }

    func error(_ end: String) -> PixelFlowError {
        switch self {
        case .died:
            PixelFlowError(
                .internal, code: "render_crashed", "The image could not be processed.", retry: .crash,
                cause: SystemFailure(call: "render process: \(end)", code: 0))
        case .late(let seconds):
            PixelFlowError(.invalid, code: "render_timeout", "The image took longer than \(seconds) s.", retry: .permanent)
        }
    }
}
