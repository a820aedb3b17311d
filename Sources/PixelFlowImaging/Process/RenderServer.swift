import CSandbox
import Foundation
package import PixelFlowCore
import WireFormats

/// The loop of a render process: reads a request, renders and replies until the service closes the socket.
package struct RenderServer {
    /// A request in the shared input memory, without a copy.
    package struct Request {
        package let pipeline: Pipeline
        package let limits: ImageLimits
        package let source: UnsafeRawBufferPointer
        package let overlays: [String: UnsafeRawBufferPointer]
        /// Must be called once the source is decoded, before the first output.
        package let onDecoded: () -> Void
    }

    package typealias Rendering = (Request, RenderEngine.Sink) throws -> SourceMetadata

    let rendering: Rendering
    /// Bytes that this process may allocate in addition to its current memory.
    let available: Int
    private let channel = Channel(descriptor: Int32(PF_SANDBOX_SOCKET))
    private let input = MemoryFile(descriptor: Int32(PF_SANDBOX_INPUT))
    private let output = MemoryFile(descriptor: Int32(PF_SANDBOX_OUTPUT))

    init(rendering: @escaping Rendering, available: Int) {
        self.rendering = rendering
        self.available = available
    }

    func run() {
        var parsed = ParsedRequest()
        guard channel.send(WireMessage(.ready)) else { return }
        while case .message(let message) = channel.receive(), message.kind == .render {
            guard let reply = try? reply(to: message, &parsed), channel.send(reply) else { return }
        }
    }

    private func reply(to message: WireMessage, _ parsed: inout ParsedRequest) throws -> WireMessage {
        let requestEnd = message.first
        let sourceEnd = requestEnd + message.second
        let request = try input.withMapping(requestEnd) { try parsed.request(Data($0)) }
        let end = request.overlays.reduce(sourceEnd) { $0 + $1.length }
        return try input.withMapping(end) { bytes in
            var overlays: [String: UnsafeRawBufferPointer] = [:]
            var offset = sourceEnd
            for overlay in request.overlays {
                overlays[overlay.name] = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + overlay.length])
                offset += overlay.length
            }
            let source = UnsafeRawBufferPointer(rebasing: bytes[requestEnd..<sourceEnd])
            var limits = request.limits
            // The input occupies part of the available memory.
            limits.memoryBytes = min(limits.memoryBytes, max(0, available - end))
            return try render { onDecoded in
                Request(pipeline: request.pipeline, limits: limits, source: source, overlays: overlays, onDecoded: onDecoded)
            }
        }
    }

    private func render(_ request: (@escaping () -> Void) -> Request) throws -> WireMessage {
        let start = ContinuousClock.now
        let last = LastStep(start)
        do {
            let metadata = try rendering(request { last.decoding = last.lap().microseconds }) { result, bytes in
                try hand(result, bytes, after: last.lap())
                last.start = .now
            }
            let duration = start.duration(to: .now).microseconds
            return try write(
                RenderReply(source: metadata, microseconds: duration, decodingMicroseconds: last.decoding), at: 0, as: .done)
        } catch let failure as RenderError {
            return try write(failure, at: 0, as: .failed)
        }
    }

    /// Passes an output to the service. The next one overwrites it, so only one is in the file at a time.
    private func hand(_ result: OutputResult, _ bytes: UnsafeRawBufferPointer, after duration: Duration) throws {
        try output.write(bytes, at: 0)
        let reply = RenderReply.Output(result: result, length: bytes.count, microseconds: duration.microseconds)
        let message = try write(reply, at: bytes.count, as: .output)
        guard channel.send(message), channel.receive() == .message(WireMessage(.taken)) else {
            throw SystemError(call: "hand over", code: EPIPE)
        }
        output.trim()
    }

    private func write(_ value: some Encodable, at offset: Int, as kind: WireMessage.Kind) throws -> WireMessage {
        let data = try JSONStreamEncoder(sortsKeys: false).encode(value)
        try data.withUnsafeBytes { try output.write($0, at: offset) }
        return WireMessage(kind, offset, data.count)
    }
}

/// The start time of the current step.
private final class LastStep {
    var start: ContinuousClock.Instant
    var decoding: Int64 = 0

    init(_ start: ContinuousClock.Instant) { self.start = start }

    /// Returns the duration of the current step and starts the next one.
    func lap() -> Duration {
        let now = ContinuousClock.now
        defer { start = now }
        return now - start
    }
}

/// Caches the previous request, because equal ones often follow each other.
private struct ParsedRequest {
    private var data = Data()
    private var known: RenderRequest?

    mutating func request(_ bytes: Data) throws -> RenderRequest {
        if let known, bytes == data { return known }
        let request = try JSONDecoder().decode(RenderRequest.self, from: bytes)
        data = bytes
        known = request
        return request
    }
}
