import NIOCore
import NIOHTTP1
import PixelFlowCore
import PixelFlowURL
import WireFormats

/// A response: status, headers, and the body if the status is a success.
struct FetchResponse: Sendable {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body = ByteBuffer()

    /// The `Location` of a redirect; nil for other responses.
    var redirection: String? {
        switch status.code {
        case 301, 302, 303, 307, 308: headers.first(name: "location")
        default: nil
        }
    }

    /// The source, if the status is a success.
    ///
    /// - Throws: `source_not_found`, `source_refused` or `source_unavailable`.
    func source(from url: SourceURL) throws(PixelFlowError) -> FetchedSource {
        let host = url.host.urlText
        switch status.code {
        case 200..<300:
            return FetchedSource(bytes: body, contentType: headers.first(name: "content-type"))
        case 404, 410:
            throw PixelFlowError(.invalid, code: "source_not_found", "The server \(host) has no such image (\(status.code)).")
        case 408, 425, 429, 500...:
            throw PixelFlowError(
                .unavailable, code: "source_unavailable", "The server \(host) cannot respond at the moment (\(status.code)).",
                retry: .transient, retryAfter: retryAfter)
        default:
            throw PixelFlowError(.invalid, code: "source_refused", "The server \(host) refused the image (\(status.code)).")
        }
    }

    /// `TaskPolicy` limits the delay.
    private var retryAfter: Int? { headers.retryAfter.map { Int($0.components.seconds) } }
}

extension HTTPHeaders {
    /// At least 1 s. A date is compared with the `Date` of the response if present.
    var retryAfter: Duration? {
        let clock = SystemClock().now().microseconds / 1_000_000
        let now = first(name: "date").flatMap { HTTPDate.seconds($0, now: clock) } ?? clock
        let seconds = first(name: "retry-after").flatMap { RetryAfter.seconds($0, now: now) } ?? 0
        return seconds > 0 ? .seconds(seconds) : nil
    }
}
