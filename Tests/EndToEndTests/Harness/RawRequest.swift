import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

/// A complete response of the service.
struct Reply: Sendable {
    var status: Int
    var headers: HTTPHeaders
    var body: ByteBuffer

    var text: String { String(buffer: body) }
    var data: Data { Data(body.readableBytesView) }
    func object() throws -> [String: Any] { try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any], "\(text)") }
    func task() throws -> TaskDocument { try TaskDocument(json: data) }

    /// The code of a problem.
    var code: String? { try? object()["code"] as? String }

    func header(_ name: String) -> String? { headers.first(name: name) }
}

/// Requests that the client library does not send, or whose responses it does not fully expose: bodies that are malformed, endless or
/// not forms, wrong types, request ids, and probes and metrics of single services. All other requests use `client`.
extension Person {
    /// - Parameter port: defaults to that of api.
    func send(
        _ method: HTTPMethod, _ path: String, port: Int? = nil, headers: HTTPHeaders = [:], body: HTTPClientRequest.Body? = nil
    ) async throws -> Reply {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port ?? service.ports.api)\(path)")
        request.method = method
        request.headers = headers
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        request.body = body
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        return Reply(status: Int(response.status.code), headers: response.headers, body: try await response.body.collect(upTo: 1 << 28))
    }

    /// A call of auth that the client library does not support, with a JSON body.
    func auth(_ method: HTTPMethod, _ path: String, _ body: String? = nil) async throws -> Reply {
        try await send(
            method, path, port: service.ports.auth, headers: ["content-type": "application/json"],
            body: body.map { .bytes(ByteBuffer(string: $0)) })
    }

    func get(_ path: String, port: Int? = nil) async throws -> Reply { try await send(.GET, path, port: port) }

    /// Sends the image as the body.
    func postBody(_ image: Data, type: String, port: Int? = nil, headers: HTTPHeaders = [:]) async throws -> Reply {
        var headers = headers
        headers.add(name: "content-type", value: type)
        return try await send(.POST, "/api/upload", port: port, headers: headers, body: .bytes(ByteBuffer(bytes: image)))
    }

    /// Sends the image as a form with this type.
    func postForm(_ image: Data, filename: String, type: String) async throws -> Reply {
        var form = ByteBuffer(
            string: "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(filename)\"\r\nContent-Type: \(type)\r\n\r\n")
        form.writeBytes(image)
        form.writeString("\r\n--edge--\r\n")
        return try await send(
            .POST, "/api/upload", headers: ["content-type": "multipart/form-data; boundary=edge"], body: .bytes(form))
    }
}
