import FakeKubernetes
import Foundation
import KubernetesClient
import Testing
import WireFormats

@testable import PixelFlowMetricsAdapter

private let metricPath = "/apis/external.metrics.k8s.io/v1beta1/namespaces/images/pixelflow_consumer_group_lag"

/// Who is given access, over real TLS.
@Suite struct AccessTests {
    @Test func onlyTheFrontProxyIsTrusted() async throws {
        try await Cluster.with { cluster in
            try await cluster.serving(cluster.adapter()) { api in
                let stranger = try FrontProxy()
                let refused: [(String, IssuedCertificate?)] = [
                    ("no certificate", nil), ("another authority", try stranger.certificate()),
                    ("another name", try cluster.proxy.certificate(name: "admin")),
                    ("expired", try cluster.proxy.certificate(from: -7_200, until: -3_600)),
                    ("not yet valid", try cluster.proxy.certificate(from: 3_600, until: 7_200)),
                    ("a server's", try cluster.proxy.authority.server(names: ["front-proxy-client"])),
                ]
                for path in ["/apis", "/apis/external.metrics.k8s.io/v1beta1", metricPath, "/openapi/v2"] {
                    for (what, certificate) in refused {
                        var other = api
                        other.shows = certificate
                        let response = try await other.get(path)
                        #expect(response.status == 401, "\(what) \(path)")
                        #expect(response.body == (try JSONValue(parsing: Array(Shapes.unauthorized.utf8))))
                    }
                }
                var anonymous = api
                anonymous.user = nil
                #expect(try await anonymous.get("/apis").status == 401)
                #expect(try await api.get("/apis").status == 200)
            }
            #expect(!cluster.api.requests.contains { $0.path.contains("subjectaccessreviews") })
        }
    }

    @Test func asksWhetherTheUserMayReadTheMetric() async throws {
        try await Cluster.with { cluster in
            cluster.api.deny(DenialRule(user: "mallory", resource: "pixelflow_consumer_group_lag"))
            try await cluster.serving(cluster.adapter()) { api in
                var mallory = api
                mallory.user = "mallory"
                let refused = try await mallory.get(metricPath)
                #expect(refused.status == 403)
                #expect(refused.body == (try JSONValue(parsing: Array(Shapes.forbidden(user: "mallory", namespace: "images").utf8))))
                // Every authenticated caller may see which metrics exist.
                #expect(try await mallory.get("/apis/external.metrics.k8s.io/v1beta1").status == 200)

                var reader = api
                reader.headers = [
                    ("X-Remote-Group", "system:serviceaccounts"), ("X-Remote-Group", "system:authenticated"), ("X-Remote-Uid", "u-1"),
                    ("X-Remote-Extra-authentication.kubernetes.io%2fpod-name", "kcm"),
                ]
                #expect(try await reader.get(metricPath).status == 200)
            }
            let reviews = cluster.api.requests.filter { $0.path.hasSuffix("/subjectaccessreviews") }
            #expect(reviews.count == 2)
            #expect(
                reviews.last?.json?["spec"] == [
                    "user": .string(Cluster.reader), "uid": "u-1", "groups": ["system:serviceaccounts", "system:authenticated"],
                    "extra": ["authentication.kubernetes.io/pod-name": ["kcm"]],
                    "resourceAttributes": [
                        "verb": "list", "group": "external.metrics.k8s.io", "version": "v1beta1",
                        "resource": "pixelflow_consumer_group_lag", "namespace": "images",
                    ],
                ])
        }
    }

    @Test func cachesAccessForTenSeconds() async throws {
        let time = ManualClock()
        try await Cluster.with { cluster in
            try await cluster.serving(cluster.adapter(clock: AdapterClock(uptime: time.clock.uptime))) { api in
                for _ in 1...3 {
                    let response = try await api.get(metricPath)
                    #expect(response.status == 200)
                }
                #expect(reviews(cluster) == 1)
                // A request from another user or for another namespace is reviewed separately.
                #expect(try await api.get(metricPath.replacing("images", with: "other")).status == 200)
                #expect(reviews(cluster) == 2)
                cluster.api.deny(DenialRule(user: Cluster.reader, resource: "pixelflow_consumer_group_lag"))
                time.advance(by: .seconds(9))
                #expect(try await api.get(metricPath).status == 200)
                time.advance(by: .seconds(1))
                #expect(try await api.get(metricPath).status == 403)
            }
        }
    }

    @Test func deniesAccessWhileTheAPIServerIsDown() async throws {
        try await Cluster.with { cluster in
            try await cluster.serving(cluster.adapter()) { api in
                cluster.api.fail(FakeClusterFault(.status(500, reason: nil, message: "etcd is away"), path: "subjectaccessreviews"))
                let refused = try await api.get(metricPath)
                #expect(refused.status == 503 && refused.body?["reason"] == "ServiceUnavailable")
                #expect(refused.body?["message"]?.stringValue?.contains("etcd") == false)
                #expect(try await api.get(metricPath).status == 200)
            }
        }
    }

    @Test func acceptsAChangedFrontProxyAuthority() async throws {
        try await Cluster.with { cluster in
            let adapter = cluster.adapter()
            try await cluster.serving(adapter) { api in
                let next = try FrontProxy()
                cluster.api.put(.configMaps, next.configMap, namespace: "kube-system")
                try await adapter.authenticator.refresh()
                #expect(try await api.get("/apis").status == 401)
                var changed = api
                changed.shows = try next.certificate()
                #expect(try await changed.get("/apis").status == 200)
                // An unreadable value changes nothing.
                cluster.api.put(.configMaps, FrontProxy.configMap(authority: ""), namespace: "kube-system")
                await #expect(throws: FrontProxyTrust.ConfigurationError.self) { try await adapter.authenticator.refresh() }
                #expect(try await changed.get("/apis").status == 200)
            }
        }
    }

    private func reviews(_ cluster: Cluster) -> Int {
        cluster.api.requests.filter { $0.path.hasSuffix("/subjectaccessreviews") }.count
    }
}
