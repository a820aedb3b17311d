import HTTPTypes
import Hummingbird
import HummingbirdTesting
import PixelFlowCore
import Testing

@testable import PixelFlowHTTP

@Suite struct ServiceSecretTests {
    private static let text = "0123456789abcdef0123456789abcdef"

    private func answer(to authorization: String?, secret: ServiceSecret) async throws -> (status: HTTPResponse.Status, code: String?) {
        let router = ServiceRouter.make(metrics: ServiceMetrics(service: "api"), health: HealthRoutes(checks: [])) { table in
            table.add(
                [
                    Route(.get, "/operators", id: "operators", tag: "test", "Operate", access: .operator, responses: []) { _, _ in
                        Response(status: .noContent)
                    }
                ], behind: [ServiceSecretMiddleware(secret)])
        }
        return try await Application(router: router).test(.router) { client in
            var headers: HTTPFields = [:]
            headers[.authorization] = authorization
            let response = try await client.execute(uri: "/operators", method: .get, headers: headers)
            return (response.status, response.code)
        }
    }

    @Test func correctSecretIsAccepted() async throws {
        let answer = try await answer(to: "Bearer \(Self.text)", secret: ServiceSecret(Self.text))
        #expect(answer.status == .noContent)
    }

    @Test(
        arguments: [
            (nil, "token_missing"), ("Basic \(text)", "token_missing"), ("Bearer \(text)0", "token_invalid"),
            ("Bearer \(text.dropLast())", "token_invalid"), ("Bearer 0", "token_invalid"),
        ] as [(String?, String)])
    func otherCredentialsAreRefused(authorization: String?, code: String) async throws {
        let answer = try await answer(to: authorization, secret: ServiceSecret(Self.text))
        #expect(answer.status == .unauthorized)
        #expect(answer.code == code)
    }

    @Test(arguments: [nil, "Bearer ", "Bearer \(text)"])
    func operatorAccessIsOffWithoutASecret(authorization: String?) async throws {
        let answer = try await answer(to: authorization, secret: .off)
        #expect(answer.status == .forbidden)
        #expect(answer.code == "operator_access_off")
    }

    @Test func tooShortSecretIsRefusedAndNotShown() throws {
        let short = String(Self.text.dropLast())
        let settings = try Settings(environment: ["PIXELFLOW_SERVICE_SECRET": short])
        let error = #expect(throws: PixelFlowError.self) { try ServiceSecret(settings) }
        #expect(error?.field == "PIXELFLOW_SERVICE_SECRET")
        #expect(error?.description.contains(short) == false)
    }
}
