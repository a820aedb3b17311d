import AsyncHTTPClient
import HTTPTypes
import NIOCore
import NIOHTTP1
import PixelFlowCore
import PixelFlowTelemetry
import Tracing

/// A service behind this one.
struct Upstream: Sendable {
    enum Body: Sendable {
        case bytes(ByteBuffer)
        /// - Parameter length: bytes, if the client has announced them.
        case stream(RelayedBody, length: Int64?)
    }

    /// Names it in errors and in `/readyz`.
    let name: String
    let baseURL: String
    let client: HTTPClient

    /// Sends a request and returns with the head of the response.
    ///
    /// - Parameters:
    ///   - path: from the root of the service, with the query, percent-encoded.
    ///   - gate: opened once the service wants the body.
    /// - Throws: `…_unavailable` (503) if the service does not answer; `bad_request` (400) for a path that is none.
    func send(
        _ method: HTTPRequest.Method, _ path: String, headers: HTTPFields, body: Body? = nil, gate: ContinueGate? = nil
    ) async throws -> UpstreamAnswer {
        try await traced(method, path, headers) { headers in
            try await answer(to: method, path, headers: headers, body: body, gate: gate)
        } status: {
            Int($0.status.code)
        }
    }

    /// Runs a request in a span of its own.
    ///
    /// - Parameters:
    ///   - body: gets the headers with the span in them.
    ///   - status: of the answer.
    func traced<Answer: Sendable>(
        _ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields, _ body: (HTTPFields) async throws -> Answer,
        status: (Answer) -> Int
    ) async throws -> Answer {
        try await withSpan(method.rawValue, ofKind: .client) { span in
            var headers = headers
            if let trace = TraceHeaders(span.context) { headers.set(trace) }
            let answer = try await body(headers)
            guard span.isRecording else { return answer }
            let status = status(answer)
            span.updateAttributes { attributes in
                attributes["http.request.method"] = method.rawValue
                attributes["http.response.status_code"] = status
                attributes["server.address"] = name
                attributes["url.path"] = String(path.prefix { $0 != "?" })
            }
            if status >= 400 { span.setStatus(SpanStatus(code: .error)) }
            return answer
        }
    }

    private func answer(
        to method: HTTPRequest.Method, _ path: String, headers: HTTPFields, body: Body?, gate: ContinueGate?
    ) async throws -> UpstreamAnswer {
        var request = HTTPClientRequest(url: baseURL + path)
        request.method = HTTPMethod(rawValue: method.rawValue)
        for field in headers { request.headers.add(name: field.name.rawName, value: field.value) }
        if let gate { request.headers.add(contentsOf: ContinueObserver.headers(for: gate)) }
        request.body = body?.forClient
        do {
            // The client's timeouts are about silence. A deadline would end a slow upload.
            return UpstreamAnswer(try await client.execute(request, deadline: .distantFuture), from: name)
        } catch let error as CancellationError {
            throw error
        } catch let error as HTTPClientError where error == .invalidURL {
            throw PixelFlowError.malformedAddress
        } catch {
            throw PixelFlowError.unavailable(name, cause: error)
        }
    }

    /// - Throws: if the service is not alive.
    func check() async throws {
        let answer = try await send(.get, "/livez", headers: [:])
        _ = try await answer.collect(limit: 4096)
        guard answer.status.kind == .successful else { throw PixelFlowError.unavailable(name) }
    }
}

extension Upstream.Body {
    fileprivate var forClient: HTTPClientRequest.Body {
        switch self {
        case .bytes(let buffer): .bytes(buffer)
        case .stream(let body, let length): .stream(body, length: length.map { .known($0) } ?? .unknown)
        }
    }
}

/// The answer of an upstream; its body arrives as it is read.
struct UpstreamAnswer: Sendable {
    let status: HTTPResponse.Status
    let headers: HTTPFields
    let body: HTTPClientResponse.Body
    private let name: String

    init(_ response: HTTPClientResponse, from name: String) {
        status = HTTPResponse.Status(code: Int(response.status.code), reasonPhrase: response.status.reasonPhrase)
        headers = HTTPFields(response.headers)
        body = response.body
        self.name = name
    }

    /// Whether it is a problem document, which is small.
    var isProblem: Bool { headers[.contentType]?.hasPrefix("application/problem+json") == true }

    /// The whole body.
    ///
    /// - Throws: `…_unavailable` if it breaks off or is larger than `limit` bytes.
    func collect(limit: Int) async throws -> ByteBuffer {
        do {
            return try await body.collect(upTo: limit)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw PixelFlowError.unavailable(name, cause: error)
        }
    }
}

extension HTTPFields {
    /// The fields that NIO has read.
    init(_ headers: HTTPHeaders) {
        self.init(headers.compactMap { field in HTTPField.Name(field.name).map { HTTPField(name: $0, value: field.value) } })
    }
}
