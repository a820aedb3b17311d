import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import PixelFlowCore
import Testing

@testable import PixelFlowS3

/// The object store that tests may use, named by the environment; `make stack-up` starts one.
enum TestServer {
    static let url = ProcessInfo.processInfo.environment["PIXELFLOW_TEST_S3_URL"]
    static var isThere: Bool { url != nil }
    static let hint: Comment = "PIXELFLOW_TEST_S3_URL is not set; `make stack-up` starts an object store and prints it."

    /// Settings for a part of the bucket that nothing else uses.
    ///
    /// - Parameters:
    ///   - endpoint: replaces the server's, for example with that of a proxy.
    ///   - environment: replaces the real credentials.
    static func settings(
        prefix: String = "test-\(UUID().uuidString)", bucket: String? = nil, endpoint: String? = nil,
        environment: [String: String] = credentials
    ) throws -> S3Settings {
        let text = try #require(url)
        var components = try #require(URLComponents(string: text))
        components.path = "/" + prefix
        if let bucket { components.host = bucket }
        // Some test environments pass the credentials in the URL, where the store rejects them.
        let kept = (components.queryItems ?? []).filter { S3URL.options.contains($0.name) && (endpoint == nil || $0.name != "endpoint") }
        components.queryItems = kept + [endpoint].compactMap { $0 }.map { URLQueryItem(name: "endpoint", value: $0) }
        return try S3Settings(Settings(environment: environment.merging(["PIXELFLOW_BLOB_URL": components.string ?? ""]) { $1 }))
    }

    static var credentials: [String: String] {
        var environment = ProcessInfo.processInfo.environment.filter { $0.key.hasPrefix("AWS_") || $0.key.hasPrefix("PIXELFLOW_S3_") }
        for item in URLComponents(string: url ?? "")?.queryItems ?? [] {
            if item.name == "access_key" { environment["PIXELFLOW_S3_ACCESS_KEY"] = item.value }
            if item.name == "secret_key" { environment["PIXELFLOW_S3_SECRET_KEY"] = item.value }
        }
        return environment
    }

    /// The address that the server listens on.
    static func address() throws -> (host: String, port: Int) {
        let endpoint = try settings().endpoint
        return (endpoint.host, endpoint.port ?? 80)
    }

    static func store(_ settings: S3Settings? = nil) throws -> S3BlobStore {
        S3BlobStore(try settings ?? self.settings(), logger: Logger(label: "test"))
    }
}

/// Bytes that differ at every position, so that an off-by-one shift is noticed.
func sample(_ count: Int, seed: UInt32 = 1) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.writeRepeatingByte(0, count: count)
    buffer.withUnsafeMutableReadableBytes { bytes in
        var state = seed
        for index in bytes.indices {
            state = state &* 1_664_525 &+ 1_013_904_223
            bytes[index] = UInt8(truncatingIfNeeded: state >> 24)
        }
    }
    return buffer
}

/// `whole` in chunks, then the end or `error`; each chunk is created on demand.
func stream(_ whole: ByteBuffer, chunk: Int = 65_536, then error: (any Error)? = nil) -> ByteStream {
    let offsets = stride(from: 0, to: whole.readableBytes, by: chunk)
    var iterator = offsets.makeIterator()
    let box = Unshared { iterator.next() }
    return AsyncThrowingStream<ByteBuffer, any Error> {
        guard let offset = box.body() else {
            if let error { throw error }
            return nil
        }
        return whole.getSlice(at: offset, length: min(chunk, whole.readableBytes - offset))
    }
}

/// Unchecked `Sendable` is safe: a stream has a single reader.
private final class Unshared: @unchecked Sendable {
    let body: () -> Int?
    init(_ body: @escaping () -> Int?) { self.body = body }
}

func key(_ text: String) -> BlobKey { BlobKey(rawValue: text) }

struct Interruption: Error {}
