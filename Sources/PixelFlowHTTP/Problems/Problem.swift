import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import OpenAPI
import PixelFlowCore
import WireFormats

/// The body of an error response, as defined in RFC 9457, with PixelFlow's stable `code`.
struct Problem: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "Problem"

    let type: String
    let title: String
    let status: Int
    let code: String
    let detail: String?
    let field: String?
    let requestID: String
    private var headers: HTTPFields = [:]

    enum CodingKeys: String, CodingKey {
        case type, title, status, code, detail, field
        case requestID = "request_id"
    }

    static let annotations: [String: SchemaAnnotation] = [
        "type": .init("`urn:pixelflow:problem:CODE`.", ["format": "uri"]),
        "title": "The reason phrase of the status.",
        "status": .init("The HTTP status.", ["minimum": 400, "maximum": 599]),
        "code": "Stable, for programs.",
        "detail": "What is wrong, for people.",
        "field": "The path of the value that is wrong, as `pipeline.outputs[0].quality`.",
        "request_id": "The `x-request-id` of the response.",
    ]

    init(_ error: any Error, requestID: String) {
        switch error {
        case let error as PixelFlowError: self.init(error, headers: [:], requestID: requestID)
        case let error as HeaderedError:
            self.init(error.error, requestID: requestID)
            headers.append(contentsOf: error.headers)
        case let error as HTTPError: self.init(error.status, headers: error.headers, requestID: requestID)
        case let error as any HTTPResponseError: self.init(error.status, headers: [:], requestID: requestID)
        case is CancellationError: self.init(Self.cancelled, headers: [:], requestID: requestID)
        default: self.init(.unexpected(error), headers: [:], requestID: requestID)
        }
    }

    /// The process is stopping, or the client has disconnected and will not read this.
    private static let cancelled = PixelFlowError(
        .unavailable, code: "request_cancelled", "The request was cancelled; try again.", retry: .outage, retryAfter: 1)

    private init(_ error: PixelFlowError, headers: HTTPFields, requestID: String) {
        let status = error.kind.status
        var headers = headers
        if let seconds = error.retryAfter { headers[.retryAfter] = String(seconds) }
        if let challenge = Self.challenge(status, error.code) { headers[.wwwAuthenticate] = challenge }
        self.init(status, code: error.code, detail: error.message, field: error.field, headers: headers, requestID: requestID)
    }

    /// Errors of the HTTP layer itself, whose texts are not meant for clients.
    private init(_ status: HTTPResponse.Status, headers: HTTPFields, requestID: String) {
        let known: (code: String, detail: String)? =
            switch status {
            case .notFound: ("route_not_found", "There is no resource at this path.")
            case .methodNotAllowed: ("method_not_allowed", "This path does not support the method.")
            case .contentTooLarge: ("body_too_large", "The body is too large.")
            case .requestTimeout: ("request_timeout", "The request was not received in time.")
            case .requestHeaderFieldsTooLarge: ("header_too_large", "The header of the request is too large.")
            case .badRequest: ("bad_request", "The request is malformed.")
            case .init(code: 508): ("loop_detected", "The request has already passed through this service.")
            default: nil
            }
        self.init(
            status, code: known?.code ?? "http_\(status.code)", detail: known?.detail, field: nil, headers: headers, requestID: requestID)
    }

    private init(
        _ status: HTTPResponse.Status, code: String, detail: String?, field: String?, headers: HTTPFields, requestID: String
    ) {
        self.type = "urn:pixelflow:problem:\(code)"
        self.title = status.reasonPhrase
        self.status = status.code
        self.code = code
        self.detail = detail
        self.field = field
        self.headers = headers
        self.requestID = requestID
    }

    /// RFC 6750, section 3: `error` only if a token was sent.
    private static func challenge(_ status: HTTPResponse.Status, _ code: String) -> String? {
        let base = "Bearer realm=\"pixelflow\""
        switch (status, code) {
        case (.unauthorized, "token_invalid"), (.unauthorized, "token_expired"), (.unauthorized, "token_revoked"):
            return base + ", error=\"invalid_token\""
        case (.unauthorized, _): return base
        case (.forbidden, "insufficient_scope"): return base + ", error=\"insufficient_scope\""
        default: return nil
        }
    }

    func response() -> Response {
        Response(status: .init(code: status), headers: responseHeaders, body: ResponseBody(byteBuffer: content))
    }

    /// The complete response to a connection that is then closed, before any route is known.
    func closingResponse() -> ByteBuffer {
        let content = content
        var response = ByteBuffer(string: "HTTP/1.1 \(status) \(title)\r\n")
        for field in responseHeaders { response.writeString("\(field.name.rawName): \(field.value)\r\n") }
        response.writeString("content-length: \(content.readableBytes)\r\nconnection: close\r\n")
        response.writeString("x-request-id: \(requestID)\r\nx-content-type-options: nosniff\r\n\r\n")
        response.writeImmutableBuffer(content)
        return response
    }

    private var responseHeaders: HTTPFields {
        var headers = headers
        headers[.contentType] = "application/problem+json"
        headers[.cacheControl] = "no-store"
        return headers
    }

    private var content: ByteBuffer {
        ByteBuffer(bytes: (try? JSONCoding.encoder.encode(self)) ?? Array("{\"status\":\(status)}".utf8))
    }
}
