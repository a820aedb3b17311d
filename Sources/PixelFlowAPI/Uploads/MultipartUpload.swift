import Foundation
import Multipart
import NIOCore
import PixelFlowCore

/// Reads an upload form: one `file` part, and optionally `pipeline`, `preset`, `priority`, `batch` and `webhook_url`.
struct MultipartUpload<Body: AsyncSequence> where Body.Element == ByteBuffer {
    /// Consumes the bytes of the file as they arrive. Must read all of them.
    typealias FileSink = (_ filename: String?, _ contentType: String?, _ bytes: ByteStream) async throws -> TaskSource.Upload

    /// More than any pipeline needs.
    private static var fieldLimit: Int { 256 * 1024 }

    private let events: PartReader<Body>
    private var pipeline: Data?
    private var preset: String?
    private var priority: String?
    private var batch: String?
    private var webhookURL: String?
    private var upload: TaskSource.Upload?
    /// The names of the parts so far.
    private var names: Set<String> = []

    init(body: Body, contentType: String) throws {
        do throws(MultipartError) {
            let boundary = try MultipartParser.boundary(fromContentType: contentType)
            let sequence = try MultipartSequence(body, boundary: boundary, limits: MultipartLimits(parts: 16))
            events = PartReader(sequence.makeAsyncIterator())
        } catch {
            throw PixelFlowError(multipart: error)
        }
    }

    /// - Throws: `PixelFlowError`: `malformed_multipart`, `missing_parameter` without a file, `unknown_parameter` for another part,
    ///   `invalid_value` for a second one of a name, or the errors of the pipeline. The caller must then remove what `sink` has stored.
    mutating func read(into sink: FileSink) async throws -> (UploadRequest, TaskSource.Upload) {
        while let part = try await events.nextPart() { try await take(part, sink) }
        guard let upload else { throw PixelFlowError.invalid("file", "The form has no part named file.", code: "missing_parameter") }
        let request = try UploadRequest(pipeline: pipeline, preset: preset, priority: priority, batch: batch, webhookURL: webhookURL)
        return (request, upload)
    }

    private mutating func take(_ part: MultipartPart, _ sink: FileSink) async throws {
        guard names.insert(part.name).inserted else {
            throw PixelFlowError.invalid(part.name, "The form has more than one part named \(part.name).")
        }
        switch part.name {
        case "file":
            upload = try await sink(part.filename, part.contentType, PartBody(reader: events))
        case "pipeline": pipeline = try await field(part.name)
        case "preset": preset = String(decoding: try await field(part.name), as: UTF8.self)
        case "priority": priority = String(decoding: try await field(part.name), as: UTF8.self)
        case "batch": batch = String(decoding: try await field(part.name), as: UTF8.self)
        case "webhook_url": webhookURL = String(decoding: try await field(part.name), as: UTF8.self)
        default:
            throw PixelFlowError.invalid(
                String(part.name.prefix(64)),
                "The form may have only the parts file, pipeline, preset, priority, batch and webhook_url.", code: "unknown_parameter")
        }
    }

    private func field(_ name: String) async throws -> Data {
        var data = Data()
        for try await chunk in PartBody(reader: events) {
            data.append(contentsOf: chunk.readableBytesView)
            guard data.count <= Self.fieldLimit else {
                throw PixelFlowError(.tooLarge, code: "body_too_large", "The part \(name) is larger than \(Self.fieldLimit) bytes.")
            }
        }
        return data
    }
}

extension PixelFlowError {
    fileprivate init(multipart error: MultipartError) {
        self.init(.malformed, code: "malformed_multipart", error.description)
    }
}

/// Iterates over the parts of a form.
///
/// Unchecked `Sendable`: only one task at a time reads a form, first its parts, then the body of one part.
private final class PartReader<Body: AsyncSequence>: @unchecked Sendable where Body.Element == ByteBuffer {
    private var events: MultipartSequence<Body>.Iterator
    private var isInPart = false

    init(_ events: MultipartSequence<Body>.Iterator) { self.events = events }

    /// The next part; skips the rest of the previous one.
    func nextPart() async throws -> MultipartPart? {
        while isInPart { _ = try await nextChunk() }
        guard case .partBegan(let part)? = try await nextEvent() else { return nil }
        isInPart = true
        return part
    }

    func nextChunk() async throws -> ByteBuffer? {
        guard isInPart else { return nil }
        if case .body(let chunk)? = try await nextEvent() { return chunk }
        isInPart = false
        return nil
    }

    private func nextEvent() async throws -> MultipartEvent? {
        do {
            return try await events.next()
        } catch let error as MultipartError {
            throw PixelFlowError(multipart: error)
        }
    }
}

/// The body of the current part.
private struct PartBody<Body: AsyncSequence>: AsyncSequence, AsyncIteratorProtocol, Sendable where Body.Element == ByteBuffer {
    typealias Element = ByteBuffer
    typealias Failure = any Error

    let reader: PartReader<Body>

    func makeAsyncIterator() -> Self { self }
    func next() async throws -> ByteBuffer? { try await reader.nextChunk() }
}
