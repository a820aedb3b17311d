import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import PixelFlowCore
import Testing

/// The three kinds of uploads, and what is rejected immediately.
@Suite struct UploadTests {
    @Test func aURLBecomesATask() async throws {
        try await APIHarness().run { ada, _ in
            let response = try await ada.post(json: #"{"image_url":"https://example.org/a.jpg"}"#)
            #expect(response.status == .accepted)
            let task = try response.object()
            #expect(response.headers[.location] == "/api/tasks/\(task["id"] ?? "")")
            #expect(task["status"] as? String == "PENDING")
            #expect(task["image_url"] as? String == "https://example.org/a.jpg")
            #expect(task["upload"] == nil)
        }
    }

    @Test func aFormBecomesATask() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let response = try await ada.post(form: [
                (#"name="pipeline""#, #"{"outputs":[{"name":"tiny","format":"png"}]}"#),
                (#"name="file"; filename="../../etc/Füße.png""#, "bytes"),
            ])
            #expect(response.status == .accepted)
            let task = try response.object()
            let upload = try #require(task["upload"] as? [String: Any])
            #expect(upload["filename"] as? String == "Füße.png")
            #expect(upload["bytes"] as? Int == 5)
            #expect(((task["pipeline"] as? [String: Any])?["outputs"] as? [[String: Any]])?.first?["name"] as? String == "tiny")
            #expect(try await ada.get("/api/tasks/\(response.taskID())/source").text == "bytes")
        }
    }

    @Test func aRawImageBecomesATask() async throws {
        try await APIHarness().run { ada, _ in
            let response = try await ada.post(image: "bytes", type: "image/png", query: "?preset=thumbnail")
            #expect(response.status == .accepted)
            let task = try response.object()
            #expect(task["preset"] as? String == "thumbnail")
            #expect((task["upload"] as? [String: Any])?["content_type"] as? String == "image/png")
        }
    }

    @Test(arguments: [
        #"{"image_url":"http://a.org/b","pipeline":null,"preset":null}"#, #"{"image_url":"http://a.org/b","preset":null}"#,
        #"{"image_url":"http://a.org/b","preset":null,"pipeline":{"outputs":[{"name":"image","quality":null,"operations":["#
            + #"{"op":"resize","width":1600,"height":1600,"fit":"inside","position":null}]}]}}"#,
    ])
    func aFieldThatIsNullIsAbsent(_ json: String) async throws {
        try await APIHarness().run { ada, _ in
            let plain = try await ada.post(json: #"{"image_url":"http://a.org/b"}"#).object()
            let response = try await ada.post(json: json)
            #expect(response.status == .accepted, "\(response.text)")
            let task = try response.object()
            #expect(task["preset"] == nil)
            #expect(task["pipeline"] as? NSDictionary == plain["pipeline"] as? NSDictionary)
            #expect(try await ada.post(json: #"{"image_url":null}"#).code == "missing_parameter")
        }
    }

    @Test func aFieldThatIsEmptyIsAbsent() async throws {
        try await APIHarness().run { ada, _ in
            let plain = try await ada.post(image: "bytes").object()
            let file = (#"name="file"; filename="a.png""#, "bytes")
            let responses = [
                try await ada.post(form: [(#"name="pipeline""#, ""), (#"name="preset""#, ""), file]),
                try await ada.post(form: [file, (#"name="pipeline""#, "null")]),
                try await ada.post(image: "bytes", query: "?preset=&pipeline="), try await ada.post(image: "bytes", query: "?preset"),
            ]
            for response in responses {
                #expect(response.status == .accepted, "\(response.text)")
                let task = try response.object()
                #expect(task["preset"] == nil)
                #expect(task["pipeline"] as? NSDictionary == plain["pipeline"] as? NSDictionary)
            }
            let chosen = try await ada.post(form: [(#"name="pipeline""#, ""), (#"name="preset""#, "avatar"), file])
            #expect(try chosen.object()["preset"] as? String == "avatar")
        }
    }

    @Test func aPlusInAQueryIsASpace() async throws {
        try await APIHarness().run { ada, _ in
            let pipeline = "%7B+%22outputs%22+:+%5B%7B%22name%22:%22tiny%22,%22operations%22:%5B%7B%22op%22:%22flatten%22%7D%5D%7D%5D+%7D"
            let response = try await ada.post(image: "bytes", query: "?pipeline=" + pipeline)
            #expect(response.status == .accepted, "\(response.text)")
        }
    }

    @Test func anUploadWithoutATokenIsRefused() async throws {
        try await APIHarness().run { ada, _ in
            let response = try await ada.client.execute(uri: "/api/upload", method: .post, body: ByteBuffer(string: "{}"))
            #expect(response.status == .unauthorized)
            #expect(response.code == "token_missing")
        }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var body: String
        var type = "application/json"
        var status: HTTPResponse.Status
        var code: String
        var field: String?
    }

    /// The URL parser has its own tests for these rules.
    @Test(arguments: [
        "http://a.org/\\u0001", "http://a.org/x\\n", "\\thttp://a.org/", "http://a b/", "http://a..org/", "http://[::g]/",
        "http://300.1.1.1/",
        "http://u:p@a.org/", "http://xn--a/", "http://a.org:99999/", "http://", "nonsense",
    ])
    func unfetchableURLsAreRefused(url: String) async throws {
        try await APIHarness().run { ada, _ in
            let response = try await ada.post(json: #"{"image_url":"\#(url)"}"#)
            #expect(response.status == .unprocessableContent)
            #expect(try response.object()["code"] as? String == "invalid_value")
            #expect(try response.object()["field"] as? String == "image_url")
        }
    }

    @Test(arguments: ["http://a.org:8080/", "https://a.org:22/x"])
    func disallowedPortsAreRefused(url: String) async throws {
        try await APIHarness().run { ada, _ in
            let response = try await ada.post(json: #"{"image_url":"\#(url)"}"#)
            #expect(response.status == .unprocessableContent)
            #expect(try response.object()["code"] as? String == "port_not_allowed")
            #expect(try response.object()["field"] as? String == "image_url")
            #expect(response.text.contains("the allowed ports are 80, 443"))
            let webhook = try await ada.post(json: #"{"image_url":"http://a.org","webhook_url":"http://a.org:22/"}"#)
            #expect(webhook.field == "webhook_url" && webhook.text.contains("the allowed ports are 80, 443, 1024-65535"))
        }
    }

    @Test func mistypedQueryParametersAreRefused() async throws {
        try await APIHarness().run { ada, _ in
            let upload = try await ada.post(image: "bytes", query: "?preset=web&prority=high")
            #expect((upload.code, upload.field) == ("unknown_parameter", "prority"))
            let preset = try await ada.send(
                .put, "/api/presets/a?prority=high", body: ByteBuffer(string: #"{"outputs":[{"name":"a"}]}"#))
            #expect((preset.code, preset.field) == ("unknown_parameter", "prority"))
            #expect(try await ada.get("/api/presets/a").status == .notFound)
            // Reads change nothing.
            #expect(try await ada.get("/api/tasks?prority=high").status == .ok)
        }
    }

    @Test func aPipelineInTheQueryThatIsNoJSONIsNamed() async throws {
        try await APIHarness().run { ada, _ in
            let response = try await ada.post(image: "bytes", query: "?pipeline=%7B")
            #expect((response.status, response.code, response.field) == (.badRequest, "invalid_json", "pipeline"))
        }
    }

    @Test func aCompressedBodyIsRefused() async throws {
        try await APIHarness().run { ada, _ in
            for (coding, status) in [("gzip", HTTPResponse.Status.unsupportedMediaType), ("identity", .accepted)] {
                let response = try await ada.send(
                    .post, "/api/upload", headers: [.contentType: "image/png", .contentEncoding: coding], body: ByteBuffer(string: "bytes"))
                #expect(response.status == status, "\(coding): \(response.text)")
            }
        }
    }

    @Test(arguments: ["http://a.org:443/", " https://bücher.example/ä b ", "http://127.1/", "http://[::1]:80/"])
    func urlsAreKeptUnchanged(url: String) async throws {
        try await APIHarness().run { ada, _ in
            let response = try await ada.post(json: #"{"image_url":"\#(url)"}"#)
            #expect(response.status == .accepted)
            #expect(try response.object()["image_url"] as? String == url)
        }
    }

    private static func pipeline(_ output: String) -> String { #"{"image_url":"http://a.org","pipeline":{"outputs":[\#(output)]}}"# }

    static let refusals: [Refusal] = [
        Refusal(
            testDescription: "a member twice", body: #"{"image_url":"http://a.org","image_url":"http://b.org"}"#, status: .badRequest,
            code: "invalid_json"),
        Refusal(testDescription: "broken JSON", body: #"{"image_url":"#, status: .badRequest, code: "invalid_json"),
        Refusal(testDescription: "no JSON at all", body: "", status: .badRequest, code: "invalid_json"),
        Refusal(testDescription: "JSON of another kind", body: "[]", status: .unprocessableContent, code: "invalid_value"),
        Refusal(testDescription: "no URL", body: "{}", status: .unprocessableContent, code: "missing_parameter", field: "image_url"),
        Refusal(
            testDescription: "URL of another scheme", body: #"{"image_url":"file:///etc/passwd"}"#, status: .unprocessableContent,
            code: "invalid_value", field: "image_url"),
        Refusal(
            testDescription: "relative URL", body: #"{"image_url":"/a.jpg"}"#, status: .unprocessableContent, code: "invalid_value",
            field: "image_url"),
        Refusal(
            testDescription: "unknown parameter", body: #"{"image_url":"http://a.org","pipelines":1}"#, status: .unprocessableContent,
            code: "unknown_parameter", field: "pipelines"),
        Refusal(
            testDescription: "unknown preset", body: #"{"image_url":"http://a.org","preset":"none"}"#, status: .unprocessableContent,
            code: "unknown_preset", field: "preset"),
        Refusal(
            testDescription: "preset and pipeline",
            body: #"{"image_url":"http://a.org","preset":"web","pipeline":{"outputs":[{"name":"a"}]}}"#,
            status: .unprocessableContent, code: "invalid_value", field: "preset"),
        Refusal(
            testDescription: "unknown operation",
            body: pipeline(#"{"name":"a","operations":[{"op":"resize","width":1},{"op":"explode"}]}"#),
            status: .unprocessableContent, code: "unknown_operation", field: "pipeline.outputs[0].operations[1].op"),
        Refusal(
            testDescription: "value out of range", body: pipeline(#"{"name":"a","operations":[{"op":"resize","width":-1}]}"#),
            status: .unprocessableContent, code: "invalid_value", field: "pipeline.outputs[0].operations[0].width"),
        Refusal(
            testDescription: "unknown format", body: pipeline(#"{"name":"a","format":"bmp"}"#), status: .unprocessableContent,
            code: "invalid_value", field: "pipeline.outputs[0].format"),
        Refusal(
            testDescription: "watermark that does not exist",
            body: pipeline(#"{"name":"a","operations":[{"op":"watermark","image":"01890000-0000-7000-8000-000000000000"}]}"#),
            status: .unprocessableContent, code: "watermark_missing", field: "pipeline.outputs[0].operations[0].image"),
        Refusal(
            testDescription: "text", body: "hello", type: "text/plain", status: .unsupportedMediaType, code: "unsupported_media_type"),
        Refusal(
            testDescription: "empty image", body: "", type: "image/png", status: .unprocessableContent, code: "empty_image", field: "file"),
        Refusal(
            testDescription: "too large an image", body: String(repeating: "x", count: 2001), type: "image/png", status: .contentTooLarge,
            code: "body_too_large"),
        Refusal(
            testDescription: "form without a boundary", body: "--edge", type: "multipart/form-data", status: .badRequest,
            code: "malformed_multipart"),
        Refusal(
            testDescription: "form that breaks off", body: "--edge\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nbytes",
            type: "multipart/form-data; boundary=edge", status: .badRequest, code: "malformed_multipart"),
    ]

    @Test(arguments: refusals)
    func invalidImageUploadsAreRefused(_ refusal: Refusal) async throws {
        let harness = try await APIHarness(limits: ImageLimits(sourceBytes: 2000))
        try await harness.run { ada, _ in
            let response = try await ada.post(image: refusal.body, type: refusal.type)
            #expect(response.status == refusal.status, "\(response.text)")
            #expect(response.code == refusal.code)
            #expect(response.field == refusal.field)
            #expect(response.headers[.contentType] == "application/problem+json")
            #expect(try await harness.objects(of: ada).isEmpty)
            let list = try await ada.get("/api/tasks").object()
            #expect((list["tasks"] as? [Any])?.isEmpty == true)
        }
    }

    struct FormRefusal: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var parts: [(String, String)]
        var status: HTTPResponse.Status
        var code: String
        var field: String?
    }

    static let formRefusals: [FormRefusal] = [
        FormRefusal(
            testDescription: "no file", parts: [(#"name="preset""#, "web")], status: .unprocessableContent, code: "missing_parameter",
            field: "file"),
        FormRefusal(
            testDescription: "empty file", parts: [(#"name="file"; filename="a""#, "")], status: .unprocessableContent, code: "empty_image",
            field: "file"),
        FormRefusal(
            testDescription: "two files", parts: [(#"name="file""#, "a"), (#"name="file""#, "b")], status: .unprocessableContent,
            code: "invalid_value", field: "file"),
        FormRefusal(
            testDescription: "two presets", parts: [(#"name="preset""#, "web"), (#"name="preset""#, "thumbnail"), (#"name="file""#, "a")],
            status: .unprocessableContent, code: "invalid_value", field: "preset"),
        FormRefusal(
            testDescription: "two pipelines",
            parts: [(#"name="file""#, "a"), (#"name="pipeline""#, ""), (#"name="pipeline""#, #"{"outputs":[{"name":"a"}]}"#)],
            status: .unprocessableContent, code: "invalid_value", field: "pipeline"),
        FormRefusal(
            testDescription: "unknown part", parts: [(#"name="file""#, "a"), (#"name="extra""#, "b")], status: .unprocessableContent,
            code: "unknown_parameter", field: "extra"),
        FormRefusal(
            testDescription: "pipeline that is no JSON", parts: [(#"name="file""#, "a"), (#"name="pipeline""#, "{")], status: .badRequest,
            code: "invalid_json", field: "pipeline"),
        FormRefusal(
            testDescription: "unknown operation",
            parts: [(#"name="file""#, "a"), (#"name="pipeline""#, #"{"outputs":[{"name":"a","operations":[{"op":"x"}]}]}"#)],
            status: .unprocessableContent, code: "unknown_operation", field: "pipeline.outputs[0].operations[0].op"),
        FormRefusal(
            testDescription: "too large a file", parts: [(#"name="file""#, String(repeating: "x", count: 2001))], status: .contentTooLarge,
            code: "body_too_large"),
    ]

    @Test(arguments: formRefusals)
    func invalidFormsAreRefused(_ refusal: FormRefusal) async throws {
        let harness = try await APIHarness(limits: ImageLimits(sourceBytes: 2000))
        try await harness.run { ada, _ in
            let response = try await ada.post(form: refusal.parts)
            #expect(response.status == refusal.status, "\(response.text)")
            #expect(response.code == refusal.code)
            #expect(response.field == refusal.field)
            #expect(try await harness.objects(of: ada).isEmpty)
        }
    }
}
