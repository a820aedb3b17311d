import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowTelemetry
import Testing

@Suite struct RouteTests {
    private func route(_ path: String, throwing code: String) -> Route {
        Route(
            .get, path, id: path, tag: "test", "Fail", access: .anyone, responses: [],
            problems: [DeclaredProblem(.conflict, "declared", "Always.")]
        ) { _, _ in throw PixelFlowError(.conflict, code: code, "No.") }
    }

    @Test func aProblemThatIsNotDeclaredIsAnsweredAndLogged() async throws {
        let log = LogCapture()
        let router = ServiceRouter.make(metrics: ServiceMetrics(service: "api"), health: HealthRoutes(checks: [])) { table in
            table.add([route("/declared", throwing: "declared"), route("/undeclared", throwing: "surprise")])
        }
        let logger = Telemetry.logger("test", settings: LogSettings(level: .error), sink: log.sink)
        try await Application(router: router, logger: logger).test(.router) { client in
            for path in ["/declared", "/undeclared"] { #expect(try await client.execute(uri: path, method: .get).status == .conflict) }
        }
        let lines = try log.objects().filter { $0["message"] as? String == "undeclared problem" }
        #expect(lines.map { $0["code"] as? String } == ["surprise"])
    }

    @Test(arguments: [("", nil), ("?n=", nil), ("?n=7", 7)] as [(String, Int?)])
    func aParameterIsReadAsItIsDeclared(query: String, value: Int?) throws {
        let parameter = QueryParameter.integer("n", 1...9, default: 5, "A number.")
        #expect(try parameter.value(in: QueryParameters(query.dropFirst())) == value)
    }

    @Test(arguments: ["0", "10", "x", "1.5"])
    func aValueThatIsNotDeclaredIsRefused(text: String) {
        let parameter = QueryParameter.integer("n", 1...9, default: 5, "A number.")
        let error = #expect(throws: PixelFlowError.self) { try parameter.value(in: QueryParameters("n=\(text)")) }
        #expect(error?.code == "invalid_value" && error?.field == "n")
        #expect(error?.message == "n must be a whole number from 1 to 9.")
    }
}
