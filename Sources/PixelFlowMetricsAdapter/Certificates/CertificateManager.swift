import FoundationEssentials
import KubernetesClient
import WireFormats
import X509

/// Keeps the served certificate, the one in the Secret and the trust of the API server consistent.
struct CertificateManager: Sendable {
    let shared: SharedCertificate
    let registration: APIRegistration
    let identity: ServingIdentity
    let clock: AdapterClock
    let metrics: AdapterMetrics

    /// One round. An authority is published to the API server before a certificate signed by it is served.
    ///
    /// - Throws: `KubernetesError` if the API server is unreachable or rejects the change.
    func renew() async throws {
        let certificate = try await shared.current()
        let owner: JSONValue?
        do {
            owner = try await registration.trust(certificate.authorities)
        } catch {
            // If the current certificate is invalid anyway, serve the new one now; it works once it is registered.
            if !identity.isValid(at: Date(timeIntervalSince1970: clock.now().secondsSinceEpoch)) { try show(certificate) }
            throw error
        }
        try show(certificate)
        if let owner { try await shared.leave(to: owner) }
    }

    private func show(_ certificate: ServingCertificate) throws {
        try identity.use(certificate)
        metrics.noteExpiry(Timestamp(secondsSinceEpoch: certificate.certificate.notValidAfter.timeIntervalSince1970))
    }
}
