import Deadlines
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowTelemetry
import Prometheus
import Synchronization
import Testing

@Suite("Metrics")
struct MetricsTests {
    private func value(_ series: String, of client: any TestClientProtocol) async throws -> Double? {
        let text = try await client.execute(uri: "/metrics", method: .get).text
        return text.split(separator: "\n").first { $0.hasPrefix(series + " ") }.flatMap { Double($0.dropFirst(series.count + 1)) }
    }

    @Test("requests are counted by method, route and status, and timed")
    func requestsAreCountedAndTimed() async throws {
        try await ServiceHarness().run { router in
            router.get("/things/:id") { _, context in try context.parameters.require("id") }
            router.post("/things") { _, _ -> String in throw PixelFlowError.notFound("thing") }
        } _: { client in
            for id in 1...3 { _ = try await client.execute(uri: "/things/\(id)?q=\(id)", method: .get) }
            _ = try await client.execute(uri: "/things", method: .post)
            #expect(try await value(#"api_requests_total{endpoint="/things/{id}",method="GET",status="200"}"#, of: client) == 3)
            #expect(try await value(#"api_requests_total{endpoint="/things",method="POST",status="404"}"#, of: client) == 1)
            let timed = #"api_request_duration_seconds_count{endpoint="/things/{id}",method="GET"}"#
            #expect(try await value(timed, of: client) == 3)
        }
    }

    @Test("whatever is requested, the number of label values stays small")
    func labelValuesAreBounded() async throws {
        let harness = ServiceHarness()
        try await harness.run { router in
            router.get("/things/:id") { _, _ in "" }
        } _: { client in
            for number in 1...50 {
                _ = try await client.execute(uri: "/things/\(number)", method: .get)
                _ = try await client.execute(uri: "/nothing/\(number)", method: .get)
                let method = try #require(HTTPRequest.Method(rawValue: "ODD\(number)"))
                _ = try await client.execute(uri: "/things/\(number)", method: method)
            }
            let lines = String(decoding: harness.registry.text(), as: UTF8.self).split(separator: "\n")
            let series = lines.filter { $0.hasPrefix("api_requests_total{") }
            #expect(series.contains { $0.contains(#"endpoint="unmatched",method="GET",status="404""#) && $0.hasSuffix(" 50") })
            #expect(series.contains { $0.contains(#"method="other""#) && $0.hasSuffix(" 50") })
            #expect(series.count == 3)
        }
    }

    @Test("a stream is timed until its head, however long it lasts")
    func streamIsTimedUntilItsHead() async throws {
        let harness = ServiceHarness()
        let registry = harness.registry
        let isTimedAlready = Mutex(false)
        try await harness.run { router in
            router.get("/events") { _, _ in
                Response(
                    status: .ok,
                    body: ResponseBody { writer in
                        let text = String(decoding: registry.text(), as: UTF8.self)
                        isTimedAlready.withLock {
                            $0 = text.contains(#"api_request_duration_seconds_count{endpoint="/events",method="GET"} 1"#)
                        }
                        try await writer.finish(nil)
                    })
            }
        } _: { client in
            _ = try await client.execute(uri: "/events", method: .get)
        }
        #expect(isTimedAlready.withLock { $0 })
    }

    @Test("a scrape reports the state of the backends, in the format that Prometheus requests")
    func scrapeReportsTheBackends() async throws {
        let isUp = Mutex(true)
        let time = Mutex(ContinuousClock.now)
        var harness = ServiceHarness()
        harness.health = HealthRoutes(
            checks: [
                HealthCheck("database") {}, HealthCheck("broker") { if !isUp.withLock({ $0 }) { throw CancellationError() } },
            ], waitLimit: .testDeadline, now: { time.withLock { $0 } })
        try await harness.run { _ in
        } _: { client in
            #expect(try await value(#"api_health_check_up{check="broker"}"#, of: client) == 1)
            isUp.withLock { $0 = false }
            time.withLock { $0 += .seconds(1) }
            #expect(try await value(#"api_health_check_up{check="broker"}"#, of: client) == 0)
            #expect(try await value(#"api_health_check_up{check="database"}"#, of: client) == 1)
            let response = try await client.execute(uri: "/metrics", method: .get)
            #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(response.text.contains("# HELP process_resident_memory_bytes Resident memory of the process.\n"))
        }
    }

    @Test("services that share a process expose each service metric on one port only")
    func sharedProcessExposesEachMetricOnce() async throws {
        let registry = Telemetry.registry()
        func router(_ service: String, claiming prefixes: [String] = []) -> Router<AppRequestContext> {
            ServiceRouter.make(
                metrics: ServiceMetrics(service: service, claiming: prefixes, factory: registry), health: HealthRoutes(checks: [])
            ) { _ in }
        }
        let (auth, api) = (router("auth"), router("api", claiming: ["process_threads"]))
        try await Application(router: auth).test(.router) { client in
            _ = try await client.execute(uri: "/health", method: .get)
            #expect(try await value(#"auth_requests_total{endpoint="/health",method="GET",status="200"}"#, of: client) == 1)
            #expect(try await value("process_threads", of: client) == nil)
            #expect(try await value("process_open_fds", of: client) != nil)
        }
        try await Application(router: api).test(.router) { client in
            let text = try await client.execute(uri: "/metrics", method: .get).text
            #expect(!text.contains("auth_"))
            #expect(try await value("process_threads", of: client) != nil)
            #expect(try await value("process_open_fds", of: client) != nil)
        }
    }
}
