import FakeKubernetes
import Foundation
import KubernetesClient
import PixelFlowCore
import Testing
import WireFormats

@testable import PixelFlowMetricsAdapter

private let metricPath = "/apis/external.metrics.k8s.io/v1beta1/namespaces/images/pixelflow_consumer_group_lag"
private let selector = "labelSelector=group%3Dworkers%2Ctopic%3Dtasks"
/// The header that kube-aggregator sends.
private let aggregatedAccept =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"

@Suite struct ResponseTests {
    @Test func responsesInTheFormatsOfKubernetes() async throws {
        let time = ManualClock(try #require(Timestamp("2025-05-01T12:30:00.5Z")))
        try await Cluster.with { cluster in
            // TLS uses the real time; the responses use the clock of the test.
            let adapter = cluster.adapter(clock: AdapterClock(now: time.clock.now), issuer: .readyNow)
            try await cluster.serving(adapter) { api in
                try await checkDiscovery(api)
                let response = try await api.get("\(metricPath)?\(selector)", accept: "application/json, */*")
                #expect(response.status == 200)
                #expect(response.headers["content-type"] == "application/json")
                #expect(response.body == (try json(Shapes.values("7", at: "2025-05-01T12:30:00Z"))))
            }
        }
    }

    /// A selector and the lanes and values of the response; no items for a selector that matches nothing.
    @Test func aSelectorChoosesLanes() async throws {
        let cases: [(selector: String, items: [String])] = [
            ("group=workers,topic=tasks", ["high 1", "normal 2", "low 3"]), ("", ["high 1", "normal 2", "low 3"]),
            ("group=workers,topic=tasks,lane in (high,normal)", ["high 1", "normal 2"]), ("lane=low", ["low 3"]),
            ("lane!=low", ["high 1", "normal 2"]),
            ("lane in (urgent)", []), ("lane=high,group=others", []),
        ]
        try await Cluster.with { cluster in
            try await cluster.serving(cluster.adapter(ScriptedLag([.high: 1, .normal: 2, .low: 3]))) { api in
                for each in cases {
                    var query = URLComponents()
                    query.queryItems = [URLQueryItem(name: "labelSelector", value: each.selector)]
                    let response = try await api.get("\(metricPath)?\(try #require(query.percentEncodedQuery))")
                    #expect(response.status == (each.items.isEmpty ? 400 : 200), "\(each)")
                    let items = response.body?["items"]?.arrayValue ?? []
                    #expect(
                        items.map { "\($0["metricLabels"]?["lane"]?.stringValue ?? "") \($0["value"]?.stringValue ?? "")" } == each.items,
                        "\(each)")
                }
            }
        }
    }

    private func checkDiscovery(_ api: APIServer) async throws {
        let shapes = [
            ("/apis", Shapes.groups), ("/apis/", Shapes.groups), ("/apis/external.metrics.k8s.io", Shapes.group),
            ("/apis/external.metrics.k8s.io/v1beta1", Shapes.resources),
        ]
        for (path, shape) in shapes {
            let (response, expected) = (try await api.get(path, accept: "application/json"), try json(shape))
            #expect(response.status == 200 && response.body == expected, "\(path)")
        }
        let (aggregated, expected) = (try await api.get("/apis", accept: aggregatedAccept), try json(Shapes.aggregated))
        #expect(aggregated.status == 200 && aggregated.body == expected)
        #expect(aggregated.headers["content-type"] == "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
        let tag = try #require(aggregated.headers["etag"])
        let again = try await api.get("/apis", accept: aggregatedAccept, headers: [("If-None-Match", tag)])
        #expect(again.status == 304 && again.body == nil)
    }

    /// Path, method and `Accept`, then the status and reason.
    @Test func refusalsAreStatusObjects() async throws {
        let cases: [(path: String, method: String, accept: String?, status: Int, reason: String)] = [
            ("/openapi/v2", "GET", nil, 404, "NotFound"),
            ("/openapi/v3", "GET", nil, 404, "NotFound"),
            ("/openapi/v3/apis/external.metrics.k8s.io/v1beta1", "GET", nil, 404, "NotFound"),
            ("/version", "GET", nil, 404, "NotFound"),
            ("/", "GET", nil, 404, "NotFound"),
            ("/apis/custom.metrics.k8s.io", "GET", nil, 404, "NotFound"),
            ("/apis/external.metrics.k8s.io/v1", "GET", nil, 404, "NotFound"),
            ("/apis/external.metrics.k8s.io/v1beta1/pixelflow_consumer_group_lag", "GET", nil, 404, "NotFound"),
            ("\(metricPath)/name", "GET", nil, 404, "NotFound"),
            ("/apis/external.metrics.k8s.io/v1beta1/namespaces/images/other", "GET", nil, 404, "NotFound"),
            (metricPath, "POST", nil, 405, "MethodNotAllowed"),
            (metricPath, "DELETE", nil, 405, "MethodNotAllowed"),
            ("\(metricPath)?watch=true", "GET", nil, 405, "MethodNotAllowed"),
            (metricPath, "GET", "application/vnd.kubernetes.protobuf", 406, "NotAcceptable"),
            // On this status, the client falls back to the older form of discovery.
            ("/apis", "GET", "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList", 406, "NotAcceptable"),
            ("\(metricPath)?labelSelector=group%3D%3D%3D", "GET", nil, 400, "BadRequest"),
            ("\(metricPath)?labelSelector=group%20in%20(a", "GET", nil, 400, "BadRequest"),
            ("\(metricPath)?labelSelector=group%3Dothers", "GET", nil, 400, "BadRequest"),
            ("\(metricPath)?labelSelector=zone%3Dworkers", "GET", nil, 400, "BadRequest"),
        ]
        try await Cluster.with { cluster in
            try await cluster.serving(cluster.adapter()) { api in
                for each in cases {
                    let response = try await api.get(each.path, method: each.method, accept: each.accept)
                    #expect(response.status == each.status, "\(each)")
                    #expect(response.body?["kind"] == "Status" && response.body?["status"] == "Failure", "\(each)")
                    #expect(
                        response.body?["reason"]?.stringValue == each.reason && response.body?["code"]?.intValue == each.status, "\(each)")
                }
                #expect(try await api.get("/openapi/v2").body == (try json(Shapes.noPage)))
            }
        }
    }

    @Test func anUnreadableLagIsAnErrorAndNeverZero() async throws {
        let lag = ScriptedLag([0, 0])
        let time = ManualClock()
        try await Cluster.with { cluster in
            try await cluster.serving(cluster.adapter(lag, clock: AdapterClock(uptime: time.clock.uptime))) { api in
                let good = try await api.get(metricPath)
                #expect(good.body?["items"]?[0]?["value"] == "0")
                lag.fail()
                time.advance(by: .seconds(2))
                let bad = try await api.get(metricPath)
                #expect(bad.status == 503 && bad.body?["reason"] == "ServiceUnavailable" && bad.body?["items"] == nil)
                #expect(bad.headers["retry-after"] == nil)
                // A topic without known partitions says nothing about its lag.
                lag.set([])
                time.advance(by: .seconds(2))
                #expect(try await api.get(metricPath).status == 503)
                lag.set([1])
                time.advance(by: .seconds(2))
                // The outage was too short for messages to be missing.
                #expect(try await api.get(metricPath).body?["items"]?[0]?["value"] == "1")
            }
        }
    }
}

private func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }
