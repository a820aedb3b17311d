import HTTPTypes
import Hummingbird
import NIOCore
import PixelFlowHTTP
import Synchronization
import WireFormats

/// Turns problems into small pages for browsers that open an address themselves, such as an expired link of a message. Everyone else gets
/// the JSON of the service.
///
/// Nothing else of a response changes: these pages are plain, because they keep the policy of a problem, which allows no styles.
struct ProblemPages: RouterMiddleware {
    typealias Context = AppRequestContext

    private static let problem = MediaType("application", "problem+json")
    private static let json = MediaType("application", "json")
    private static let html = MediaType("text", "html")
    /// Bytes of a problem; none has so many.
    private static let limit = 64 * 1024
    /// Bytes of each page. The same for all, because the response to a HEAD request has the length of the page, but not its text.
    private static let size = 2_048

    func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        guard response.headers[.contentType]?.hasPrefix("application/problem+json") == true else { return response }
        response.headers.addVary("Accept")
        let accepted = AcceptedTypes(request.headers[values: .accept].joined(separator: ","))
        guard accepted.quality(of: Self.html) > max(accepted.quality(of: Self.problem), accepted.quality(of: Self.json)) else {
            return response
        }
        if request.method == .head {
            response.headers[.contentLength] = String(Self.size)
        } else {
            let problem = await Self.problem(in: response.body)
            response.body = ResponseBody(byteBuffer: ByteBuffer(string: Self.page(response.status, problem)))
        }
        response.headers[.contentType] = "text/html; charset=utf-8"
        return response
    }

    /// Nil if the body breaks off.
    private static func problem(in body: ResponseBody) async -> JSONValue? {
        let collected = CollectedBody(limit: limit)
        do {
            try await body.write(collected)
            return try JSONValue(parsing: collected.bytes)
        } catch {
            return nil
        }
    }

    private static func page(_ status: HTTPResponse.Status, _ problem: JSONValue?) -> String {
        let title = problem?["title"]?.stringValue ?? status.reasonPhrase
        let pages = [text(title: title, message: problem?["detail"]?.stringValue), text(title: title, message: nil)]
        let page = pages.first { $0.utf8.count <= size } ?? text(title: "Error \(status.code)", message: nil)
        return page + String(repeating: "\n", count: size - page.utf8.count)
    }

    private static func text(title: String, message: String?) -> String {
        let (title, message) = (title.escapedForHTML, message.map { "<p>\($0.escapedForHTML)</p>\n" } ?? "")
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>\(title) · PixelFlow</title>
            </head>
            <body>
            <main>
            <h1>\(title)</h1>
            \(message)<p><a href="/">Go to PixelFlow</a></p>
            </main>
            </body>
            </html>

            """
    }
}

private struct MediaType {
    let type: String
    let subtype: String

    init(_ type: String, _ subtype: String) { (self.type, self.subtype) = (type, subtype) }
}

/// The media types that a request accepts: RFC 9110, section 12.5.1.
private struct AcceptedTypes {
    private struct Range {
        let type: Substring
        let subtype: Substring
        let quality: Double

        /// Nil if it is malformed.
        init?(_ text: Substring) {
            let parts = text.split(separator: ";")
            let names = (parts.first ?? "").split(separator: "/", omittingEmptySubsequences: false)
            guard names.count == 2 else { return nil }
            (type, subtype) = (names[0], names[1])
            guard let weight = parts.dropFirst().first(where: { $0.hasPrefix("q=") }) else {
                quality = 1
                return
            }
            guard let number = Double(weight.dropFirst(2)), (0...1).contains(number) else { return nil }
            quality = number
        }

        /// Nil if it does not contain the type.
        func precedence(for media: MediaType) -> Int? {
            switch (type, subtype) {
            case (media.type[...], media.subtype[...]): 2
            case (media.type[...], "*"): 1
            case ("*", "*"): 0
            default: nil
            }
        }
    }

    private let ranges: [Range]

    /// - Parameter text: empty if the request has no such header.
    init(_ text: String) {
        ranges = text.lowercased().filter { !$0.isWhitespace }.split(separator: ",").compactMap { Range($0) }
    }

    /// That of the most specific range that contains the type; 0 if there is none.
    func quality(of media: MediaType) -> Double {
        let matches = ranges.compactMap { range in range.precedence(for: media).map { (precedence: $0, quality: range.quality) } }
        return matches.max { $0.precedence < $1.precedence }?.quality ?? 0
    }
}

/// Takes a body instead of a connection.
private final class CollectedBody: ResponseBodyWriter, Sendable {
    private let limit: Int
    private let collected = Mutex(ByteBuffer())

    init(limit: Int) { self.limit = limit }

    var bytes: ByteBufferView { collected.withLock { $0.readableBytesView } }

    func write(_ buffer: ByteBuffer) throws {
        try collected.withLock { collected in
            guard collected.readableBytes + buffer.readableBytes <= limit else { throw HTTPError(.badGateway) }
            collected.writeImmutableBuffer(buffer)
        }
    }

    func finish(_ trailingHeaders: HTTPFields?) {}
}

extension String {
    fileprivate var escapedForHTML: String {
        reduce(into: "") { text, character in
            switch character {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "'": text += "&#39;"
            default: text.append(character)
            }
        }
    }
}
