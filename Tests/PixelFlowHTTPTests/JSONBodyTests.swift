import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import PixelFlowCore
import PixelFlowHTTP
import Testing

private struct Order: Codable {
    struct Item: Codable {
        let width: Int
        let tags: [String]?
    }

    let name: String
    let items: [Item]
}

@Suite("JSON bodies")
struct JSONBodyTests {
    private func post(
        _ body: ByteBuffer, type: String? = "application/json", _ check: @escaping @Sendable (TestResponse) throws -> Void
    ) async throws {
        try await ServiceHarness().run { router in
            router.post("/orders") { request, _ in
                let order: Order = try await request.decodeJSON(limit: 1000)
                return try Response.json(order, status: .created)
            }
        } _: { client in
            var headers = HTTPFields()
            if let type { headers[.contentType] = type }
            try check(try await client.execute(uri: "/orders", method: .post, headers: headers, body: body))
        }
    }

    @Test("a valid body is decoded", arguments: ["application/json", "application/json; charset=utf-8", "application/ld+json", nil])
    func validBodyIsDecoded(type: String?) async throws {
        try await post(ByteBuffer(string: #"{"name":"a/b","items":[{"width":1}]}"#), type: type) { response in
            #expect(response.status == .created)
            #expect(response.headers[.contentType] == "application/json")
            #expect(response.headers[.cacheControl] == "no-store")
            #expect(response.text.contains("\"a/b\""))
        }
    }

    private static let brokenBodies = ["", "{", "{\"name\":", "nonsense", "{\"name\":\"a\"} trailing", "\u{0}", "{'name':1}"]

    @Test("a body that is not JSON gets a 400", arguments: brokenBodies)
    func invalidJSONIsRefused(text: String) async throws {
        try await post(ByteBuffer(string: text)) { response in
            #expect(response.status == .badRequest)
            #expect(response.code == "invalid_json")
            let detail = try #require(try response.object()["detail"] as? String)
            #expect(detail.contains(" at byte "))
        }
    }

    private static let wrongValues: [(String, String, String?)] = [
        (#"{"items":[]}"#, "missing_value", "name"),
        (#"{"name":null,"items":[]}"#, "missing_value", "name"),
        (#"{"name":1,"items":[]}"#, "invalid_value", "name"),
        (#"{"name":"a","items":{}}"#, "invalid_value", "items"),
        (#"{"name":"a","items":[{"width":1},{"width":"wide"}]}"#, "invalid_value", "items[1].width"),
        (#"{"name":"a","items":[{"width":1.5}]}"#, "invalid_value", "items[0].width"),
        (#"{"name":"a","items":[{"width":1},{"width":99999999999999999999}]}"#, "invalid_value", "items[1].width"),
        ("null", "missing_value", nil),
        (#"{"name":"a","items":[{}]}"#, "missing_value", "items[0].width"),
        (#"{"name":"a","items":[{"width":1,"tags":["x",2]}]}"#, "invalid_value", "items[0].tags[1]"),
        (#"[]"#, "invalid_value", nil),
        (#"{"nam":"a","items":[]}"#, "unknown_parameter", "nam"),
        (#"{"name":"a","items":[],"note":null}"#, "unknown_parameter", "note"),
        (#"{"name":"a","items":[{"width":1},{"width":1,"hight":2}]}"#, "unknown_parameter", "items[1].hight"),
        (#"{"name":"a\u0000b","items":[]}"#, "invalid_value", "name"),
        (#"{"name":"a","items":[{"width":1,"tags":["x","\u0000"]}]}"#, "invalid_value", "items[0].tags[1]"),
    ]

    @Test(
        "only UTF-8 is JSON, and text that cannot be checked for U+0000 is refused",
        arguments: [
            Data("{\"name\":\"a\",\"items\":[]}".utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }),
            Data(#"{"name":"a\u0000","items":[],"other":"\ud800"}"#.utf8),
        ])
    func otherEncodingsAreRefused(body: Data) async throws {
        try await post(ByteBuffer(bytes: body)) { response in
            #expect(response.status == .badRequest)
            #expect(response.code == "invalid_json")
        }
    }

    @Test("an escaped backslash before u0000 is text like any other")
    func escapedBackslashBeforeU0000IsText() async throws {
        try await post(ByteBuffer(string: #"{"name":"a\\u0000","items":[]}"#)) { #expect($0.status == .created) }
    }

    private struct Account: Decodable {
        struct Owner: Decodable {
            let password: AnyText
            let email: String?
        }

        let password: String?
        let secret: AnyText?
        let name: String?
        let labels: [String: String]?
        let owners: [Owner]?
    }

    @Test(
        "U+0000 is refused by the types of a body, not by the names of its fields",
        arguments: [
            (#"{"secret":"a\u0000b","owners":[{"password":"\u0000"}]}"#, nil), (#"{"password":"a\u0000b"}"#, "password"),
            (#"{"secret":"\u0000","owners":[{"password":"a"},{"password":"\u0000","email":"\u0000"}]}"#, "owners[1].email"),
            (#"{"secret":"a","name":"\u0000"}"#, "name"), (#"{"secret":"a","labels":{"a\u0000":"b"}}"#, "labels"),
        ] as [(String, String?)])
    func refusesNULByType(text: String, field: String?) throws {
        guard let field else {
            let account = try JSONBody.decode(Account.self, from: ByteBuffer(string: text))
            #expect(account.secret == AnyText("a\u{0}b"))
            #expect(account.owners?.map(\.password) == [AnyText("\u{0}")])
            return
        }
        let error = try #require(throws: PixelFlowError.self) { try JSONBody.decode(Account.self, from: ByteBuffer(string: text)) }
        #expect(error.code == "invalid_value")
        #expect(error.field ?? "" == field)
    }

    @Test("an invalid value is a 422 with its path", arguments: wrongValues)
    func invalidValueIsRefusedWithItsPath(text: String, code: String, field: String?) async throws {
        try await post(ByteBuffer(string: text)) { response in
            #expect(response.status == .unprocessableContent)
            #expect(response.code == code)
            let problem = try response.object()
            #expect(problem["field"] as? String == field)
        }
    }

    private struct Wish: Decodable {
        enum Size: String, Decodable, CaseIterable { case small, large }

        let size: Size?
        let sizes: [Size]?
        let bySide: [String: Size]?
        let count: Int?
        let counts: [String: Int]?
    }

    @Test(
        "a refusal lists the choices, or says what is wrong with a number",
        arguments: [
            (#"{"size":"huge"}"#, "size", "This must be one of small, large."),
            (#"{"size":7}"#, "size", "This must be one of small, large."),
            (#"{"sizes":["small","huge"]}"#, "sizes[1]", "This must be one of small, large."),
            (#"{"bySide":{"left":"huge"}}"#, "bySide.left", "This must be one of small, large."),
            (#"{"count":1.5}"#, "count", "This must be a whole number."),
            (#"{"count":1e30}"#, "count", "This number is too large."),
            (#"{"counts":{"a":1,"b":-1e30}}"#, "counts.b", "This number is too small."),
        ])
    func refusalsTellWhatIsAccepted(text: String, field: String, message: String) throws {
        let error = try #require(throws: PixelFlowError.self) { try JSONBody.decode(Wish.self, from: ByteBuffer(string: text)) }
        #expect(error.code == "invalid_value")
        #expect(error.field == field)
        #expect(error.message == message)
    }

    @Test("a body over the limit is a 413")
    func tooLargeBodyIsRefused() async throws {
        try await post(ByteBuffer(repeating: UInt8(ascii: " "), count: 1001)) { response in
            #expect(response.status == .contentTooLarge)
            #expect(response.code == "body_too_large")
        }
    }

    @Test("the limit applies without a Content-Length, too")
    func tooLargeStreamedBodyIsRefused() async throws {
        let chunks = AsyncStream<ByteBuffer> { continuation in
            for _ in 0..<20 { continuation.yield(ByteBuffer(repeating: 65, count: 100)) }
            continuation.finish()
        }
        let head = HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: "/")
        let request = Request(head: head, body: RequestBody(asyncSequence: chunks))
        let error = await #expect(throws: PixelFlowError.self) { try await request.collectBody(limit: 1000) }
        #expect(error?.code == "body_too_large")
    }

    @Test("another content type is a 415", arguments: ["text/plain", "image/png", "multipart/form-data; boundary=x"])
    func otherContentTypeIsRefused(type: String) async throws {
        try await post(ByteBuffer(string: "{}"), type: type) { response in
            #expect(response.status == .unsupportedMediaType)
            #expect(response.code == "unsupported_media_type")
        }
    }
}
