import Foundation
import NIOCore
import PixelFlowCore

/// Reads the replies of a render process to one job. All of its values are validated.
struct RenderExchange {
    let job: RenderJob
    let output: MemoryFile
    let decoder: JSONDecoder
    private var outputs: [RenderedOutput] = []
    private var done = 0
    private var bytes = 0

    init(job: RenderJob, output: MemoryFile, decoder: JSONDecoder) {
        self.job = job
        self.output = output
        self.decoder = decoder
    }

    /// The next output, copied out of the shared memory.
    mutating func output(_ message: WireMessage) throws -> RenderedOutput {
        let entry = try decoded(RenderReply.Output.self, message)
        guard done < job.pipeline.outputs.count, entry.result.name == job.pipeline.outputs[done].name else {
            throw RenderWorkerError.protocolViolation
        }
        guard (0...job.limits.outputBytes).contains(entry.length), entry.length == message.first else {
            throw RenderWorkerError.protocolViolation
        }
        bytes += entry.length
        guard bytes <= job.limits.taskOutputBytes else { throw RenderWorkerError.protocolViolation }
        done += 1
        let rendered = RenderedOutput(name: entry.result.name, result: try image(entry), duration: bounded(entry.microseconds))
        if job.onOutput == nil { outputs.append(rendered) }
        return rendered
    }

    /// Skips the last output: it completes the job instead of being progress.
    func reportProgress(_ report: (Int, Int) -> Void) {
        if done < job.pipeline.outputs.count { report(done, job.pipeline.outputs.count) }
    }

    func report(_ message: WireMessage) throws -> RenderReport {
        let reply = try decoded(RenderReply.self, message)
        guard done == job.pipeline.outputs.count else { throw RenderWorkerError.protocolViolation }
        return RenderReport(
            source: reply.source, outputs: outputs, duration: bounded(reply.microseconds), decoding: bounded(reply.decodingMicroseconds))
    }

    /// Clamps to the possible range: not negative, and at most twice the job's limit.
    private func bounded(_ microseconds: Int64) -> Duration {
        min(max(.zero, .microseconds(microseconds)), .seconds(2 * job.limits.seconds))
    }

    func failure(_ message: WireMessage) throws -> RenderError { try decoded(RenderError.self, message) }

    private func image(_ entry: RenderReply.Output) throws -> Result<RenderedImage, OutputError> {
        if let failure = entry.result.failure { return .failure(failure) }
        guard let format = entry.result.format else { throw RenderWorkerError.protocolViolation }
        var bytes = ByteBuffer()
        try bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: entry.length) { space in
            try output.read(into: UnsafeMutableRawBufferPointer(rebasing: space[0..<entry.length]), at: 0)
            return entry.length
        }
        return .success(
            RenderedImage(
                format: format, width: entry.result.width, height: entry.result.height, frames: entry.result.frames, bytes: bytes))
    }

    private func decoded<Value: Decodable>(_ type: Value.Type, _ message: WireMessage) throws -> Value {
        // Sixteen outputs have a description of a few kilobytes.
        guard (1...1_000_000).contains(message.second), message.first >= 0 else { throw RenderWorkerError.protocolViolation }
        var data = Data(count: message.second)
        do {
            try data.withUnsafeMutableBytes { try output.read(into: $0, at: message.first) }
            return try decoder.decode(type, from: data)
        } catch {
            throw RenderWorkerError.protocolViolation
        }
    }
}
