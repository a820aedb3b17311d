import AsyncHTTPClient
import NIOCore

/// The body of a request, which every attempt sends from its start.
enum RequestBody: Sendable {
    case bytes(ByteBuffer)
    /// - Parameters:
    ///   - length: in bytes; nil if it is not known.
    ///   - make: opens the bytes anew.
    case stream(length: Int64?, make: @Sendable () async throws -> ByteStream)

    func forClient() async throws -> HTTPClientRequest.Body {
        switch self {
        case .bytes(let buffer): .bytes(buffer)
        case .stream(let length, let make): .stream(try await make(), length: length.map { .known($0) } ?? .unknown)
        }
    }
}
