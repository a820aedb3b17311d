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
        /// - Parameter length: the number of bytes, if the client has declared it.
        case stream(RelayedBody, length: Int64?)
    }

    /// The name of the service in errors and in `/readyz`.
    let name: String
    let baseURL: String
    let client: HTTPClient

    /// Sends a request and returns with the head of the response.
    ///
    /// - Parameters:
    ///   - path: starts at the root of the service and includes the query, percent-encoded.
    ///   - gate: opened when the service requests the body.
    /// - Throws: `…_unavailable` (503) if the service does not respond; `bad_request` (400) for an invalid path.
    func send(
        _ method: HTTPRequest.Method, _ path: String, headers: HTTPFields, body: Body? = nil, gate: AsyncLatch? = nil
    ) async throws -> UpstreamResponse {
        try await traced(method, path, headers) { headers in
            try await response(to: method, path, headers: headers, body: body, gate: gate)
        } status: {
            Int($0.status.code)
        }
    }

    /// Runs a request in its own span.
    ///
    /// - Parameters:
    ///   - body: receives the headers, including those of the span.
    ///   - status: returns the status of the response.
    func traced<Value: Sendable>(
        _ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields, _ body: (HTTPFields) async throws -> Value,
        status: (Value) -> Int
    ) async throws -> Value {
        try await withSpan(method.rawValue, ofKind: .client) { span in
            var headers = headers
            if let trace = TraceHeaders(span.context) { headers.set(trace) }
            let value = try await body(headers)
            guard span.isRecording else { return value }
            let status = status(value)
            span.updateAttributes { attributes in
                attributes["http.request.method"] = method.rawValue
                attributes["http.response.status_code"] = status
                attributes["server.address"] = name
                attributes["url.path"] = String(path.prefix { $0 != "?" })
            }
            if status >= 400 { span.setStatus(SpanStatus(code: .error)) }
            return value
        }
    }

    private func response(
        to method: HTTPRequest.Method, _ path: String, headers: HTTPFields, body: Body?, gate: AsyncLatch?
    ) async throws -> UpstreamResponse {
        var request = HTTPClientRequest(url: baseURL + path)
        request.method = HTTPMethod(rawValue: method.rawValue)
        for field in headers { request.headers.add(name: field.name.rawName, value: field.value) }
        let mark = gate.map { ContinueGates.shared.add($0) }
        defer { if let mark { ContinueGates.shared.take(mark) } }
        if let mark { request.headers.add(contentsOf: ContinueObserver.headers(for: mark)) }
        request.body = body?.forClient
        do {
            // The client's timeouts only limit silence. A deadline would abort a slow upload.
            return UpstreamResponse(try await client.execute(request, deadline: .distantFuture), from: name)
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
        let response = try await send(.get, "/livez", headers: [:])
        _ = try await response.collect(limit: 4096)
        guard response.status.kind == .successful else { throw PixelFlowError.unavailable(name) }
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

/// The response of an upstream; its body is streamed.
struct UpstreamResponse: Sendable {
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

    /// Whether the body is a problem document, which is small.
    var isProblem: Bool { headers[.contentType]?.hasPrefix("application/problem+json") == true }

    /// Reads the complete body.
    ///
    /// - Throws: `…_unavailable` if the body breaks off or exceeds `limit` bytes.
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
    /// Converts the header fields of NIO.
    init(_ headers: HTTPHeaders) {
        self.init(headers.compactMap { field in HTTPField.Name(field.name).map { HTTPField(name: $0, value: field.value) } })
    }
}
