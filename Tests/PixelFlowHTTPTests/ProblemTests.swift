import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import PixelFlowCore
import PixelFlowHTTP
import Testing

@Suite("Errors as problem+json")
struct ProblemTests {
    private static let statuses: [(PixelFlowError.Kind, Int)] = [
        (.malformed, 400), (.unauthenticated, 401), (.forbidden, 403), (.notFound, 404), (.conflict, 409), (.preconditionFailed, 412),
        (.tooLarge, 413), (.unsupportedMediaType, 415), (.rangeNotSatisfiable, 416), (.invalid, 422), (.throttled, 429),
        (.internal, 500), (.unavailable, 503), (.insufficientStorage, 507),
    ]

    @Test("every kind maps to its status", arguments: statuses)
    func kindIsMappedToStatus(kind: PixelFlowError.Kind, status: Int) async throws {
        try await ServiceHarness().run { router in
            router.get("/fail") { _, _ -> Response in throw PixelFlowError(kind, code: "some_code", "In words.", field: "a[0].b") }
        } _: { client in
            let response = try await client.execute(uri: "/fail", method: .get)
            #expect(response.status.code == status)
            #expect(response.headers[.contentType] == "application/problem+json")
            let problem = try response.object()
            #expect(problem["status"] as? Int == status)
            #expect(problem["code"] as? String == "some_code")
            #expect(problem["detail"] as? String == "In words.")
            #expect(problem["field"] as? String == "a[0].b")
            #expect((problem["title"] as? String)?.isEmpty == false)
            #expect((problem["type"] as? String)?.isEmpty == false)
            #expect(problem["request_id"] as? String == response.headers[.xRequestID])
        }
        #expect(Self.statuses.count == PixelFlowError.Kind.allCases.count)
    }

    @Test("an unexpected error exposes nothing and is logged with its cause")
    func unexpectedErrorIsHidden() async throws {
        struct Inner: Error { let secret = "connection to 10.0.0.7 refused" }
        let harness = ServiceHarness()
        try await harness.run { router in
            router.get("/fail") { _, _ -> Response in throw Inner() }
        } _: { client in
            let response = try await client.execute(uri: "/fail", method: .get)
            #expect(response.status == .internalServerError)
            #expect(response.code == "internal_error")
            #expect(!response.text.contains("10.0.0.7"))
        }
        #expect(harness.log.lines.contains { $0.contains("10.0.0.7") && $0.contains("\"level\":\"error\"") })
    }

    @Test("the cause of a known error is not exposed either")
    func causeIsHidden() async throws {
        try await ServiceHarness().run { router in
            router.get("/fail") { _, _ -> Response in throw PixelFlowError.unavailable("database", cause: URLError(.badURL)) }
        } _: { client in
            let response = try await client.execute(uri: "/fail", method: .get)
            #expect(response.status == .serviceUnavailable)
            #expect(response.headers[.retryAfter] == "5")
            #expect(!response.text.contains("URLError"))
        }
    }

    @Test("an unknown path is reported as a problem, too")
    func unknownPathIsAProblem() async throws {
        try await ServiceHarness().run { _ in
        } _: { client in
            let response = try await client.execute(uri: "/nowhere", method: .get)
            #expect(response.status == .notFound)
            #expect(response.code == "route_not_found")
            #expect(response.headers[.xRequestID] != nil)
        }
    }

    @Test("an unsupported method receives 405 with the supported methods")
    func unsupportedMethodListsSupportedOnes() async throws {
        try await ServiceHarness().run { router in
            router.get("/things/{id}") { _, _ in "a thing" }
            router.delete("/things/{id}") { _, _ in "gone" }
        } _: { client in
            let response = try await client.execute(uri: "/things/7", method: .post)
            #expect(response.status == .methodNotAllowed)
            #expect(response.code == "method_not_allowed")
            #expect(response.headers[.allow] == "GET, HEAD, DELETE")
            let head = try await client.execute(uri: "/things/7", method: .head)
            #expect(head.status == .ok)
            #expect(head.text.isEmpty)
        }
    }

    @Test(
        "a 401 says how to sign in",
        arguments: [("token_missing", false), ("token_invalid", true), ("token_expired", true), ("token_revoked", true)])
    func unauthorizedResponseHasAChallenge(code: String, namesError: Bool) async throws {
        try await ServiceHarness().run { router in
            router.get("/fail") { _, _ -> Response in throw PixelFlowError(.unauthenticated, code: code, "No.") }
        } _: { client in
            let challenge = try #require(try await client.execute(uri: "/fail", method: .get).headers[.wwwAuthenticate])
            #expect(challenge.hasPrefix("Bearer realm="))
            #expect(challenge.contains("error=\"invalid_token\"") == namesError)
        }
    }

    @Test("a 403 names the lack of a scope")
    func missingScopeHasAChallenge() async throws {
        try await ServiceHarness().run { router in
            router.get("/fail") { _, _ -> Response in throw PixelFlowError(.forbidden, code: "insufficient_scope", "No.") }
            router.get("/other") { _, _ -> Response in throw PixelFlowError(.forbidden, code: "network_not_allowed", "No.") }
        } _: { client in
            let challenge = try #require(try await client.execute(uri: "/fail", method: .get).headers[.wwwAuthenticate])
            #expect(challenge.hasPrefix("Bearer realm=") && challenge.contains("error=\"insufficient_scope\""))
            #expect(try await client.execute(uri: "/other", method: .get).headers[.wwwAuthenticate] == nil)
        }
    }

    @Test("every response forbids content-type sniffing")
    func everyResponseForbidsSniffing() async throws {
        try await ServiceHarness().run { router in
            router.get("/page") { _, _ in Response(status: .ok, headers: [.contentSecurityPolicy: "default-src 'self'"]) }
        } _: { client in
            for path in ["/page", "/nowhere"] {
                let response = try await client.execute(uri: path, method: .get)
                #expect(response.headers[.xContentTypeOptions] == "nosniff")
            }
            let page = try await client.execute(uri: "/page", method: .get)
            #expect(page.headers[values: .contentSecurityPolicy] == ["default-src 'self'"])
        }
    }
}
