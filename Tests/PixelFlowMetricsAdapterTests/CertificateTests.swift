import FakeKubernetes
import Foundation
import KubernetesClient
import Testing
import WireFormats
import X509

@testable import PixelFlowMetricsAdapter

/// The certificate that the replicas share.
@Suite struct CertificateTests {
    @Test func theFirstStartCreatesACertificateAndRegistersIt() async throws {
        try await Cluster.with { cluster in
            let adapter = cluster.adapter()
            try await adapter.certificates.renew()
            let secret = try #require(cluster.secret)
            #expect(secret["type"] == "kubernetes.io/tls")
            let kept = try CertificateSecret.certificate(of: secret)
            #expect(
                kept.certificate.hostNames == [
                    "pixelflow-metrics-adapter.images.svc", "pixelflow-metrics-adapter.images.svc.cluster.local",
                ])
            #expect(cluster.caBundle == secret["data"]?["ca.crt"]?.stringValue)
            #expect(adapter.server.identity.context != nil)

            cluster.api.forgetRequests()
            try await adapter.certificates.renew()
            #expect(cluster.api.requests.allSatisfy { $0.method == "GET" }, "nothing to do is nothing written")
        }
    }

    /// The chart does not contain the Secret. The Secret is deleted because its owner, an object of the chart, is deleted.
    @Test func theSecretIsOwnedByTheAPIService() async throws {
        try await Cluster.with { cluster in
            try await cluster.adapter().certificates.renew()
            let service = try #require(cluster.api.object(.apiServices, APIRegistration.name))
            func owners() -> [JSONValue] { cluster.secret?["metadata"]?["ownerReferences"]?.arrayValue ?? [] }
            #expect(owners().count == 1)
            #expect(owners().first?["kind"] == "APIService" && owners().first?["uid"] == service["metadata"]?["uid"])
            // Reinstalled: the previous owner no longer exists.
            cluster.api.delete(.apiServices, APIRegistration.name)
            cluster.api.put(.apiServices, ["metadata": ["name": .string(APIRegistration.name)], "spec": service["spec"] ?? [:]])
            try await cluster.adapter().certificates.renew()
            let second = try #require(cluster.api.object(.apiServices, APIRegistration.name))
            #expect(second["metadata"]?["uid"] != service["metadata"]?["uid"])
            #expect(owners().map { $0["uid"] } == [second["metadata"]?["uid"]])
        }
    }

    @Test func replicasThatStartTogetherShareOne() async throws {
        try await Cluster.with { cluster in
            let adapters = (1...4).map { _ in cluster.adapter() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for adapter in adapters { group.addTask { try await adapter.certificates.settled() } }
                try await group.waitForAll()
            }
            let bundle = try #require(cluster.secret?["data"]?["ca.crt"]?.stringValue)
            #expect(cluster.caBundle == bundle)
            for adapter in adapters {
                let found = try await adapter.certificates.shared.current()
                #expect(found.certificate == (try CertificateSecret.certificate(of: try #require(cluster.secret))).certificate)
            }
            let created = cluster.api.requests.filter { $0.method == "POST" && $0.path.hasSuffix("/secrets") }
            #expect(!created.isEmpty)
        }
    }

    @Test func renewsAfterTwoThirdsUnderTheSameAuthority() async throws {
        let time = ManualClock()
        try await Cluster.with { cluster in
            let adapter = cluster.adapter(clock: time.clock)
            let first = try await adapter.certificates.shared.current()
            time.advance(by: .seconds(59 * 86_400))
            #expect(try await adapter.certificates.shared.current().certificate == first.certificate)
            time.advance(by: .seconds(2 * 86_400))
            let second = try await adapter.certificates.shared.current()
            #expect(second.certificate != first.certificate && second.authorities == first.authorities)
            #expect(second.certificate.notValidAfter > first.certificate.notValidAfter)
            try second.check(names: Cluster.settings.serverNames, at: Date(timeIntervalSince1970: time.clock.now().secondsSinceEpoch))
            // The other replica picks it up.
            #expect(try await cluster.adapter(clock: time.clock).certificates.shared.current().certificate == second.certificate)
        }
    }

    @Test func aNewAuthorityIsTrustedAlongsideTheOldOne() async throws {
        let time = ManualClock()
        var issuer = CertificateIssuer(names: Cluster.settings.serverNames)
        issuer.authorityLifetime = 100 * CertificateIssuer.day
        try await Cluster.with { cluster in
            let adapter = cluster.adapter(clock: time.clock, issuer: issuer)
            try await adapter.certificates.renew()
            let first = try CertificateSecret.certificate(of: try #require(cluster.secret))
            time.advance(by: .seconds(61 * 86_400))
            try await adapter.certificates.renew()
            let second = try CertificateSecret.certificate(of: try #require(cluster.secret))
            #expect(second.authorities.count == 2 && second.authorities.last == first.authorities.first)
            #expect(cluster.caBundle == cluster.secret?["data"]?["ca.crt"]?.stringValue)
            // The old authority is dropped when it expires.
            time.advance(by: .seconds(61 * 86_400))
            try await adapter.certificates.renew()
            let third = try CertificateSecret.certificate(of: try #require(cluster.secret))
            #expect(!third.authorities.contains(try #require(first.authorities.first)))
        }
    }

    @Test func concurrentRenewalsAreOneRenewal() async throws {
        let time = ManualClock()
        try await Cluster.with { cluster in
            let (one, other) = (cluster.adapter(clock: time.clock), cluster.adapter(clock: time.clock))
            let first = try await one.certificates.shared.current()
            time.advance(by: .seconds(61 * 86_400))
            async let left = one.certificates.shared.current()
            async let right = other.certificates.shared.current()
            _ = try await (left, right)
            let kept = try CertificateSecret.certificate(of: try #require(cluster.secret)).certificate
            #expect(kept != first.certificate)
            #expect(try await one.certificates.shared.current().certificate == kept)
            #expect(try await other.certificates.shared.current().certificate == kept)
        }
    }

    @Test func aConcurrentlyChangedSecretIsNotOverwritten() async throws {
        let time = ManualClock()
        try await Cluster.with { cluster in
            let adapter = cluster.adapter(clock: time.clock)
            _ = try await adapter.certificates.shared.current()
            time.advance(by: .seconds(61 * 86_400))
            cluster.api.fail(FakeClusterFault(.status(409, reason: "Conflict", message: "the object has been modified"), method: "PATCH"))
            cluster.api.forgetRequests()
            _ = try await adapter.certificates.shared.current()
            let patches = cluster.api.requests.filter { $0.method == "PATCH" }
            #expect(patches.count == 2, "read anew, then written")
            #expect(patches.allSatisfy { $0.json?["metadata"]?["resourceVersion"]?.stringValue?.isEmpty == false })
        }
    }

    @Test(arguments: ["tls.crt", "tls.key", "ca.key", "ca.crt"])
    func aCorruptSecretIsReplaced(field: String) async throws {
        try await Cluster.with { cluster in
            let adapter = cluster.adapter()
            try await adapter.certificates.renew()
            cluster.api.update(.secrets, Cluster.settings.secret, namespace: "images") { $0["data"]?[field] = "bm9uc2Vuc2U=" }
            try await adapter.certificates.renew()
            let kept = try CertificateSecret.certificate(of: try #require(cluster.secret))
            try kept.check(names: Cluster.settings.serverNames, at: .now)
            #expect(cluster.caBundle == cluster.secret?["data"]?["ca.crt"]?.stringValue)
        }
    }

    @Test func aRenamedServiceGetsANewCertificateUnderTheSameAuthority() async throws {
        try await Cluster.with { cluster in
            let other = cluster.adapter(issuer: CertificateIssuer(names: ["old.images.svc"]))
            let old = try await other.certificates.shared.current()
            let found = try await cluster.adapter().certificates.shared.current()
            #expect(found.certificate.hostNames == Set(Cluster.settings.serverNames) && found.authorities == old.authorities)
        }
    }

    @Test func aDeletedSecretIsRecreated() async throws {
        try await Cluster.with { cluster in
            let adapter = cluster.adapter()
            try await adapter.certificates.renew()
            let before = cluster.caBundle
            cluster.api.delete(.secrets, Cluster.settings.secret, namespace: "images")
            try await adapter.certificates.renew()
            #expect(cluster.secret != nil && cluster.caBundle != before)
        }
    }

    @Test func anAPIServiceOfAnotherServerIsNotChanged() async throws {
        try await Cluster.with { cluster in
            cluster.api.put(.apiServices, Cluster.apiService(service: "keda-operator-metrics-apiserver"))
            let error = await #expect(throws: KubernetesError.self) { try await cluster.adapter().certificates.renew() }
            #expect(error?.message.contains("another server") == true)
            #expect(cluster.caBundle == nil)
        }
    }

    /// The permissions that the chart grants: a cluster would refuse anything beyond them.
    @Test func usesOnlyGrantedPermissions() async throws {
        let time = ManualClock()
        try await Cluster.with { cluster in
            let adapter = cluster.adapter(clock: time.clock)
            try await adapter.certificates.renew()
            try await adapter.authenticator.refresh()
            time.advance(by: .seconds(61 * 86_400))
            try await adapter.certificates.renew()
            let secret = "/api/v1/namespaces/images/secrets/pixelflow-metrics-adapter-certificate"
            let registration = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.external.metrics.k8s.io"
            let allowed: Set<String> = [
                "POST /api/v1/namespaces/images/secrets", "GET \(secret)", "PATCH \(secret)", "GET \(registration)",
                "PATCH \(registration)", "GET /api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication",
            ]
            #expect(Set(cluster.api.requests.map { "\($0.method) \($0.path)" }) == allowed)
        }
    }
}

extension CertificateManager {
    /// Renews until one attempt succeeds, as the service does.
    fileprivate func settled() async throws {
        for _ in 1...10 {
            if (try? await renew()) != nil { return }
        }
        try await renew()
    }
}

extension CertificateIssuer {
    /// An issuer whose certificates are valid now, whatever the adapter's clock says: they have long lifetimes in both directions.
    static var readyNow: CertificateIssuer {
        var issuer = CertificateIssuer(names: Cluster.settings.serverNames)
        issuer.lifetime = 3_650 * day
        issuer.authorityLifetime = 7_300 * day
        return issuer
    }
}
