import AsyncHTTPClient
import NIOCore
import NIOHTTP1
package import PixelFlowCore

extension S3BlobStore {
    /// An interrupted body is resumed with another request, which fails if the object has changed.
    package func read(_ key: BlobKey, range: Range<Int>?) async throws -> Blob? {
        let name = try names.name(key)
        guard ObjectNames.isObject(key) else { return nil }
        do {
            if let range, range.isEmpty { return try await empty(name, range) }
            let part = try await transport.openPart(of: name, range)
            return Blob(size: part.size, range: part.range, body: ObjectBody(name: name, part: part, transport: transport))
        } catch let error as PixelFlowError where error.refusal?.isAbsence == true {
            return nil
        } catch let error as PixelFlowError where error.refusal?.status == 416 {
            return try await empty(name, range ?? 0..<0)
        }
    }

    /// An empty range, which S3 does not support.
    private func empty(_ name: String, _ range: Range<Int>) async throws -> Blob? {
        guard let size = try await size(of: name) else { return nil }
        let lower = min(range.lowerBound, size)
        return Blob(size: size, range: lower..<lower, body: AsyncThrowingStream<ByteBuffer, any Error> { $0.finish() })
    }

    private func size(of name: String) async throws -> Int? {
        do {
            return try await transport.call(S3Request(.headObject, key: name)) { reply in
                guard let size = reply.headers.first(name: "content-length").flatMap({ Int($0) }) else {
                    throw S3ProtocolError("an object without a length")
                }
                return size
            }
        } catch let error as PixelFlowError where error.refusal?.isAbsence == true {
            // A response to HEAD does not reveal whether the object or the bucket is missing; this request does.
            try await check()
            return nil
        }
    }
}

/// The head of a response to GET.
struct ObjectPart: Sendable {
    /// The size of the complete object.
    let size: Int
    let range: Range<Int>
    let etag: String?
    let body: HTTPClientResponse.Body

    /// - Throws: `S3ProtocolError` if the response does not match the request.
    init(_ response: HTTPClientResponse, asked: Range<Int>?) throws {
        etag = response.headers.first(name: "etag")
        body = response.body
        if response.status == .partialContent {
            guard let asked, let (range, size) = Self.contentRange(response.headers.first(name: "content-range") ?? ""),
                range == asked.clamped(to: 0..<size)
            else { throw S3ProtocolError("a different range than requested") }
            (self.range, self.size) = (range, size)
        } else {
            guard let size = response.headers.first(name: "content-length").flatMap({ Int($0) }), size >= 0 else {
                throw S3ProtocolError("an object without a length")
            }
            // A server may return the complete object only if the range covers all of it.
            guard asked.map({ $0.clamped(to: 0..<size) == 0..<size }) ?? true else {
                throw S3ProtocolError("the complete object where a part was requested")
            }
            (range, self.size) = (0..<size, size)
        }
    }

    /// `bytes 0-9/100`.
    private static func contentRange(_ text: String) -> (Range<Int>, Int)? {
        guard text.hasPrefix("bytes ") else { return nil }
        let numbers = text.dropFirst(6).split(omittingEmptySubsequences: false) { $0 == "-" || $0 == "/" }.map { Int($0) }
        guard numbers.count == 3, let first = numbers[0], let last = numbers[1], let size = numbers[2], first <= last, last < size else {
            return nil
        }
        return (first..<(last + 1), size)
    }
}

extension S3Transport {
    /// - Parameter etag: the expected object; a different object with this name is an error.
    func openPart(of name: String, _ range: Range<Int>?, etag: String? = nil) async throws -> ObjectPart {
        var request = S3Request(.getObject, key: name)
        if let range {
            // No object exceeds 5 TiB, and servers differ in how they handle larger numbers.
            let last = range.upperBound > 1 << 43 ? "" : "\(range.upperBound - 1)"
            request.headers.append(("range", "bytes=\(range.lowerBound)-\(last)"))
        }
        if let etag { request.headers.append(("if-match", etag)) }
        let response = try await open(request)
        do {
            let part = try ObjectPart(response, asked: range)
            guard etag == nil || part.etag == etag else { throw S3ProtocolError("another object than before") }
            return part
        } catch {
            throw S3Failure.asPixelFlow(error)
        }
    }
}
