import HTTPTypes
import Hummingbird
import HummingbirdTesting
import PixelFlowCore
import Testing

@testable import PixelFlowHTTP

@Suite struct ServiceSecretTests {
    private static let text = "0123456789abcdef0123456789abcdef"

    private func respond(to authorization: String?, secret: ServiceSecret) async throws -> (status: HTTPResponse.Status, code: String?) {
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
        let response = try await respond(to: "Bearer \(Self.text)", secret: ServiceSecret(Self.text))
        #expect(response.status == .noContent)
    }

    @Test(
        arguments: [
            (nil, "token_missing"), ("Basic \(text)", "token_missing"), ("Bearer \(text)0", "token_invalid"),
            ("Bearer \(text.dropLast())", "token_invalid"), ("Bearer 0", "token_invalid"),
        ] as [(String?, String)])
    func otherCredentialsAreRefused(authorization: String?, code: String) async throws {
        let response = try await respond(to: authorization, secret: ServiceSecret(Self.text))
        #expect(response.status == .unauthorized)
        #expect(response.code == code)
    }

    @Test(arguments: [nil, "Bearer ", "Bearer \(text)"])
    func operatorAccessIsOffWithoutASecret(authorization: String?) async throws {
        let response = try await respond(to: authorization, secret: .off)
        #expect(response.status == .forbidden)
        #expect(response.code == "operator_access_off")
    }

    @Test func tooShortSecretIsRefusedAndNotShown() throws {
        let short = String(Self.text.dropLast())
        let settings = try Settings(environment: ["PIXELFLOW_SERVICE_SECRET": short])
        let error = #expect(throws: PixelFlowError.self) { try ServiceSecret(settings) }
        #expect(error?.field == "PIXELFLOW_SERVICE_SECRET")
        #expect(error?.description.contains(short) == false)
    }
}
