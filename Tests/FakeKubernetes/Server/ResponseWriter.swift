import KubernetesClient
import NIOCore
import NIOHTTP1
import WireFormats

/// Writes complete or streamed responses.
struct ResponseWriter {
    let output: NIOAsyncChannelOutboundWriter<HTTPPart<HTTPResponseHead, ByteBuffer>>

    func json(_ value: JSONValue, status: Int = 200) async throws {
        try await send(status, "application/json", value.text())
    }

    func failure(_ failure: StatusResponse) async throws {
        try await json(failure.body, status: failure.code)
    }

    func text(_ text: String, status: Int = 200) async throws {
        try await send(status, "text/plain; charset=utf-8", text)
    }

    private func send(_ status: Int, _ type: String, _ text: String) async throws {
        let body = ByteBuffer(string: text)
        let headers: HTTPHeaders = ["Content-Type": type, "Content-Length": String(body.readableBytes)]
        try await begin(status, headers)
        try await output.write(.body(body))
        try await output.write(.end(nil))
    }

    func beginStream(_ type: String) async throws {
        try await begin(200, ["Content-Type": type, "Transfer-Encoding": "chunked"])
    }

    private func begin(_ status: Int, _ headers: HTTPHeaders) async throws {
        try await output.write(.head(HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers)))
    }

    func line(_ text: String) async throws {
        try await output.write(.body(ByteBuffer(string: text + "\n")))
    }

    func end() async throws {
        try await output.write(.end(nil))
    }
}
