import AsyncHTTPClient
import Conformance
import Foundation
import NIOCore
import NIOHTTP1
import PixelFlowCore
import Testing

/// An answer of the service, read to its end.
struct Reply: Sendable {
    var status: Int
    var headers: HTTPHeaders
    var body: ByteBuffer

    var text: String { String(buffer: body) }
    var data: Data { Data(body.readableBytesView) }
    func object() throws -> [String: Any] { try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any], "\(text)") }
    func task() throws -> TaskDocument { try TaskDocument(json: data) }

    /// The stable code of a problem.
    var code: String? { try? object()["code"] as? String }
    /// The path of the field that a problem is about.
    var field: String? { try? object()["field"] as? String }

    func header(_ name: String) -> String? { headers.first(name: name) }

    /// Of a task: `"id-revision"`.
    var revision: Int? {
        header("etag")?.trimmingCharacters(in: ["\""]).split(separator: "-").last.flatMap { Int($0) }
    }
}

/// Somebody who uses the service over HTTP.
struct Person: Sendable {
    let service: any Installation
    var token: String?
    static let password = "correct horse battery staple"

    /// Registers and signs in.
    static func signedIn(
        to service: any Installation, as email: String = "ada@example.org", password: String = password
    ) async throws -> Person {
        let person = Person(service: service)
        let body = ByteBuffer(string: #"{"email":"\#(email)","password":"\#(password)"}"#)
        let registered = try await person.send(.POST, "/register", port: service.ports.auth, body: .bytes(body))
        #expect(registered.status == 201, "\(registered.text)")
        let login = try await person.send(.POST, "/login", port: service.ports.auth, body: .bytes(body))
        return Person(service: service, token: try #require(try login.object()["token"] as? String, "\(login.text)"))
    }

    // MARK: Requests

    func request(
        _ method: HTTPMethod, _ path: String, port: Int? = nil, headers: HTTPHeaders = [:], body: HTTPClientRequest.Body? = nil
    ) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port ?? service.ports.api)\(path)")
        request.method = method
        request.headers = headers
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        request.body = body
        return request
    }

    func send(
        _ method: HTTPMethod, _ path: String, port: Int? = nil, headers: HTTPHeaders = [:], body: HTTPClientRequest.Body? = nil
    ) async throws -> Reply {
        let request = request(method, path, port: port, headers: headers, body: body)
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        return Reply(status: Int(response.status.code), headers: response.headers, body: try await response.body.collect(upTo: 1 << 28))
    }

    func get(_ path: String, port: Int? = nil) async throws -> Reply { try await send(.GET, path, port: port) }

    // MARK: Uploads

    /// Sends the image as the body.
    func post(
        _ image: Data, type: String = "application/octet-stream", pipeline: String? = nil, headers: HTTPHeaders = [:]
    ) async throws -> Reply {
        var headers = headers
        headers.add(name: "content-type", value: type)
        let allowed = CharacterSet.alphanumerics
        let query = pipeline.map { "?pipeline=" + ($0.addingPercentEncoding(withAllowedCharacters: allowed) ?? "") } ?? ""
        return try await send(.POST, "/api/upload" + query, headers: headers, body: .bytes(ByteBuffer(bytes: image)))
    }

    /// Sends the image as a form.
    func postForm(_ image: Data, filename: String, type: String, pipeline: String? = nil) async throws -> Reply {
        var form = ByteBuffer()
        if let pipeline { form.writeString("--edge\r\nContent-Disposition: form-data; name=\"pipeline\"\r\n\r\n\(pipeline)\r\n") }
        form.writeString(
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(filename)\"\r\nContent-Type: \(type)\r\n\r\n")
        form.writeBytes(image)
        form.writeString("\r\n--edge--\r\n")
        return try await send(
            .POST, "/api/upload", headers: ["content-type": "multipart/form-data; boundary=edge"], body: .bytes(form))
    }

    /// Sends the URL of the image.
    func post(url: String, pipeline: String? = nil) async throws -> Reply {
        let pipeline = pipeline.map { #","pipeline":\#($0)"# } ?? ""
        return try await send(
            .POST, "/api/upload", headers: ["content-type": "application/json"],
            body: .bytes(ByteBuffer(string: #"{"image_url":"\#(url)"\#(pipeline)}"#)))
    }

    // MARK: Tasks

    func task(_ id: TaskID) async throws -> TaskDocument { try await get("/api/tasks/\(id)").task() }

    /// Waits for a task to be as wanted.
    @discardableResult
    func wait(
        for id: TaskID, within deadline: Duration = .seconds(90), _ what: String, _ isWanted: (TaskDocument) -> Bool
    ) async throws -> TaskDocument {
        try await eventually(within: deadline, what) {
            let task = try await task(id)
            return isWanted(task) ? task : nil
        }
    }

    /// Waits for a task to end.
    @discardableResult
    func final(_ id: TaskID, within deadline: Duration = .seconds(90)) async throws -> TaskDocument {
        try await wait(for: id, within: deadline, "task \(id) to end", \.status.isFinal)
    }

    /// Uploads and waits for the end.
    func process(_ image: Data, pipeline: String? = nil) async throws -> TaskDocument {
        let reply = try await post(image, pipeline: pipeline)
        try #require(reply.status == 202, "\(reply.text)")
        return try await final(try reply.task().id)
    }

    /// The bytes of an output.
    func download(_ output: String, of task: TaskID) async throws -> Data {
        let reply = try await get("/api/tasks/\(task)/outputs/\(output)")
        try #require(reply.status == 200, "\(reply.text)")
        return reply.data
    }
}
