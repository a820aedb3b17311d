import AsyncHTTPClient
import Deadlines
import FakeKubernetes
import Foundation
import Hummingbird
import HummingbirdTesting
import KubernetesClient
import NIOCore
import PixelFlowHTTP
import Testing
import WireFormats

@testable import PixelFlowMetricsAdapter

private let metricPath = "/apis/external.metrics.k8s.io/v1beta1/namespaces/images/pixelflow_consumer_group_lag"

/// Starting and running while dependencies are unavailable.
@Suite struct LifeTests {
    @Test func twoReplicasShareOneAuthority() async throws {
        try await Cluster.with { cluster in
            try await cluster.serving(cluster.adapter(ScriptedLag([1]))) { one in
                try await cluster.serving(cluster.adapter(ScriptedLag([2]))) { other in
                    let responses = [try await one.get(metricPath), try await other.get(metricPath)]
                    #expect(responses.map { $0.body?["items"]?[0]?["value"] } == ["1", "2"])
                }
            }
        }
    }

    @Test func aRunningServerShowsARenewedCertificate() async throws {
        try await Cluster.with { cluster in
            // Created 61 days ago, so it is due for renewal.
            let past = ManualClock(Timestamp.now.advanced(by: .seconds(-61 * 86_400)))
            let old = try await cluster.adapter(clock: past.clock).certificates.shared.current()
            let adapter = cluster.adapter(clock: past.clock)
            try await cluster.serving(adapter) { api in
                #expect(try await api.get("/apis").status == 200)
                // Another replica, whose clock is ahead, renews it.
                let renewed = try await cluster.adapter().certificates.shared.current()
                #expect(renewed.certificate != old.certificate)
                let before = adapter.server.identity.context
                past.advance(by: .seconds(61 * 86_400))
                try await adapter.certificates.renew()
                #expect(adapter.server.identity.context !== before)
                #expect(try await api.get("/apis").status == 200, "trusted as before")
            }
        }
    }

    @Test func startsWhileTheAPIServerIsDown() async throws {
        try await Cluster.with { cluster in
            cluster.api.fail(FakeClusterFault(.close, count: .max))
            let adapter = cluster.adapter()
            try await cluster.running(adapter) { port in
                #expect(try await readiness(adapter).status == 503)
                // There is no certificate yet: the adapter says so immediately, by closing the connection.
                let bundle = Data(cluster.proxy.authority.certificate.utf8).base64EncodedString()
                let api = APIServer(port: port, caBundle: bundle, limit: .seconds(5))
                let error = await #expect(throws: (any Error).self) { try await api.get("/apis") }
                #expect((error as? HTTPClientError) != .deadlineExceeded)
                cluster.api.mendFaults()
                try await eventually(within: .seconds(20), "trust and certificate after the API server is back") {
                    try await readiness(adapter).status == 200
                }
            }
        }
    }

    @Test func isReadyWithoutABrokerAndReportsIt() async throws {
        try await Cluster.with { cluster in
            let (lag, time) = (ScriptedLag([1]), ManualClock())
            let adapter = cluster.adapter(lag, clock: AdapterClock(uptime: time.clock.uptime))
            lag.fail()
            try await cluster.serving(adapter) { _ in
                let without = try await readiness(adapter)
                #expect(without.status == 200 && without.body["status"] == "degraded" && without.body["checks"]?["broker"] == "failed")
                lag.set([1])
                time.advance(by: .seconds(1))
                let with = try await readiness(adapter)
                #expect(with.body == ["status": "ok", "checks": ["broker": "ok", "certificate": "ok", "trust": "ok"]])
            }
        }
    }

    /// The broker responds, but its response is not trusted yet.
    @Test func isReadyWithoutALagAfterTheStart() async throws {
        try await Cluster.with { cluster in
            let time = ManualClock()
            let adapter = cluster.adapter(ScriptedLag([1]), clock: AdapterClock(uptime: time.clock.uptime), hasJustStarted: true)
            try await cluster.serving(adapter) { api in
                let early = try await api.get(metricPath)
                #expect(early.status == 503)
                #expect(try await readiness(adapter).body["status"] == "ok")
                time.advance(by: .seconds(31))
                #expect(try await api.get(metricPath).body?["items"]?[0]?["value"] == "1")
            }
        }
    }

    private func readiness(_ adapter: MetricsAdapter) async throws -> (status: Int, body: JSONValue) {
        let app = Application(router: adapter.healthRouter(drain: DrainState()))
        return try await app.test(.router) { client in
            try await client.execute(uri: "/readyz", method: .get) { response in
                (Int(response.status.code), try JSONValue(parsing: Array(response.body.readableBytesView)))
            }
        }
    }
}
