import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import PixelFlowCore
import Testing

/// Calls the routes as one user.
struct APIClient: Sendable {
    let client: any TestClientProtocol
    var token: String

    func send(
        _ method: HTTPRequest.Method, _ path: String, headers: HTTPFields = [:], body: ByteBuffer? = nil
    ) async throws -> TestResponse {
        var headers = headers
        headers[.authorization] = "Bearer \(token)"
        return try await client.execute(uri: path, method: method, headers: headers, body: body)
    }

    func get(_ path: String, headers: HTTPFields = [:]) async throws -> TestResponse { try await send(.get, path, headers: headers) }

    func post(json: String, to path: String = "/api/upload", headers: HTTPFields = [:]) async throws -> TestResponse {
        var headers = headers
        headers[.contentType] = "application/json"
        return try await send(.post, path, headers: headers, body: ByteBuffer(string: json))
    }

    /// Sends the image as the body.
    func post(
        image: String, type: String = "image/png", query: String = "", headers: HTTPFields = [:]
    ) async throws -> TestResponse {
        var headers = headers
        headers[.contentType] = type
        return try await send(.post, "/api/upload\(query)", headers: headers, body: ByteBuffer(string: image))
    }

    /// Sends a form of parts: (head, body).
    func post(form parts: [(String, String)], headers: HTTPFields = [:]) async throws -> TestResponse {
        let text = parts.map { "--edge\r\nContent-Disposition: form-data; \($0.0)\r\n\r\n\($0.1)\r\n" }.joined() + "--edge--\r\n"
        var headers = headers
        headers[.contentType] = "multipart/form-data; boundary=edge"
        return try await send(.post, "/api/upload", headers: headers, body: ByteBuffer(string: text))
    }

    /// Creates an accepted task.
    func task(image: String = "bytes", headers: HTTPFields = [:]) async throws -> TaskID {
        let response = try await post(image: image, headers: headers)
        #expect(response.status == .accepted)
        return try response.taskID()
    }
}

extension TestResponse {
    /// The body as a JSON object.
    func object() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(body.readableBytesView)) as? [String: Any])
    }

    func taskID() throws -> TaskID { TaskID(try #require(try object()["id"] as? String)) }

    var text: String { String(buffer: body) }

    /// The code of a problem.
    var code: String? { try? object()["code"] as? String }

    /// The field path of a problem.
    var field: String? { try? object()["field"] as? String }
}

extension HTTPField.Name {
    static let idempotencyKey = HTTPField.Name("idempotency-key")!
    static let lastEventID = HTTPField.Name("last-event-id")!
}
