import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

/// Validation of pipelines.
@Suite struct PipelineRouteTests {
    @Test func aValidPipelineIsReturnedWithoutDefaults() async throws {
        try await APIHarness().run { ada, _ in
            let response = try await ada.post(
                json: #"{"outputs":[{"name":"a","operations":[{"op":"blur","sigma":1}],"lossless":false}]}"#, to: "/api/pipelines/check")
            #expect(response.status == .ok)
            #expect(response.text == #"{"pipeline":{"outputs":[{"name":"a","operations":[{"op":"blur"}]}]},"valid":true}"#)
        }
    }

    @Test(arguments: [
        (#"{"outputs":[{"name":"a","quality":101}]}"#, "invalid_value", "outputs[0].quality"),
        (#"{"outputs":[{"name":"a","operations":[{"op":"resize"}]}]}"#, "missing_parameter", "outputs[0].operations[0].width"),
        (#"{"outputs":[{"name":"a","operations":[{"op":"melt"}]}]}"#, "unknown_operation", "outputs[0].operations[0].op"),
        ("{", "invalid_json", nil),
    ])
    func anInvalidPipelineIsReportedWithItsField(_ body: String, _ code: String, _ field: String?) async throws {
        try await APIHarness().run { ada, _ in
            let response = try await ada.post(json: body, to: "/api/pipelines/check")
            #expect(response.status == .ok)
            #expect(try response.object()["valid"] as? Bool == false)
            #expect(response.code == code)
            #expect(response.field == field)
        }
    }

    @Test func theSchemaNamesTypesRangesAndDefaults() async throws {
        try await APIHarness().run { ada, _ in
            let response = try await ada.get("/api/pipelines/schema")
            #expect(response.status == .ok)
            let operations = try #require(try response.object()["operations"] as? [[String: Any]])
            let blur = try #require(operations.first { $0["name"] as? String == "blur" })
            let sigma = try #require((blur["parameters"] as? [[String: Any]])?.first)
            #expect(sigma["name"] as? String == "sigma" && sigma["type"] as? String == "number")
            #expect(sigma["minimum"] as? Double == 0.3 && sigma["maximum"] as? Double == 250 && sigma["default"] as? Double == 1)
        }
    }

    @Test func aCachedSchemaIsNotModified() async throws {
        try await APIHarness().run { ada, _ in
            let tag = try #require(try await ada.get("/api/pipelines/schema").headers[.eTag])
            let again = try await ada.get("/api/pipelines/schema", headers: [.ifNoneMatch: tag])
            #expect(again.status == .notModified && again.text.isEmpty)
        }
    }
}
