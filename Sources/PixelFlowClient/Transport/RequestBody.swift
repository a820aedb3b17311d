import AsyncHTTPClient
import NIOCore

/// The body of a request. Every attempt sends it from the start.
enum RequestBody: Sendable {
    case bytes(ByteBuffer)
    /// - Parameters:
    ///   - length: in bytes; nil if unknown.
    ///   - make: opens a new stream of the bytes.
    case stream(length: Int64?, make: @Sendable () async throws -> ByteStream)

    func forClient() async throws -> HTTPClientRequest.Body {
        switch self {
        case .bytes(let buffer): .bytes(buffer)
        case .stream(let length, let make): .stream(try await make(), length: length.map { .known($0) } ?? .unknown)
        }
    }
}
