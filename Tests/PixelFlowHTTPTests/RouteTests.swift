import Conformance
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import Testing

@Suite struct RouteTests {
    private func route(_ path: String, throwing code: String) -> Route {
        Route(
            .get, path, id: path, tag: "test", "Fail", access: .anyone, responses: [],
            problems: [DeclaredProblem(.conflict, "declared", "Always.")]
        ) { _, _ in throw PixelFlowError(.conflict, code: code, "No.") }
    }

    @Test func anUndeclaredProblemIsSentAndLogged() async throws {
        let undeclared = UndeclaredProblems()
        let router = ServiceRouter.make(metrics: ServiceMetrics(service: "api"), health: HealthRoutes(checks: [])) { table in
            table.add([route("/declared", throwing: "declared"), route("/undeclared", throwing: "surprise")])
        }
        try await Application(router: router, logger: undeclared.logger).test(.router) { client in
            for path in ["/declared", "/undeclared"] {
                let response = try await client.execute(uri: path, method: .get)
                #expect(response.status == .conflict)
            }
        }
        #expect(undeclared.all.count == 1)
        #expect(undeclared.all.first?.contains("surprise") == true)
    }

    @Test(arguments: [("", nil), ("?n=", nil), ("?n=7", 7)] as [(String, Int?)])
    func aParameterIsParsedAsDeclared(query: String, value: Int?) throws {
        let parameter = QueryParameter.integer("n", 1...9, default: 5, "A number.")
        let read = try parameter.value(in: QueryParameters(query.dropFirst()))
        #expect(read == value)
    }

    /// Databases refuse it, and what they refuse would look like an outage.
    @Test func textWithNULIsRefused() {
        let parameter = QueryParameter.text("search", maximumBytes: 9, "Text.")
        let error = #expect(throws: PixelFlowError.self) { try parameter.value(in: QueryParameters("search=a%00b")) }
        #expect(error?.code == "invalid_value" && error?.field == "search")
        #expect(error?.message == "search must not contain U+0000.")
    }

    @Test func aPathWithNULIsNotFound() async throws {
        let undeclared = UndeclaredProblems()
        let router = ServiceRouter.make(metrics: ServiceMetrics(service: "api"), health: HealthRoutes(checks: [])) { table in
            table.add([route("/things/{id}", throwing: "declared")])
        }
        try await Application(router: router, logger: undeclared.logger).test(.router) { client in
            for (path, status) in [("/things/a%00b", HTTPResponse.Status.notFound), ("/things/a%2500b", .conflict)] {
                let response = try await client.execute(uri: path, method: .get)
                #expect(response.status == status)
            }
        }
        #expect(undeclared.all == [])
    }

    @Test(arguments: ["0", "10", "x", "1.5"])
    func anUndeclaredValueIsRefused(text: String) {
        let parameter = QueryParameter.integer("n", 1...9, default: 5, "A number.")
        let error = #expect(throws: PixelFlowError.self) { try parameter.value(in: QueryParameters("n=\(text)")) }
        #expect(error?.code == "invalid_value" && error?.field == "n")
        #expect(error?.message == "n must be a whole number from 1 to 9.")
    }
}
