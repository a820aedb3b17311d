import FoundationEssentials
import KubernetesClient
import Logging
import WireFormats

/// The certificate that all replicas share, stored in a Secret. The first replica creates it, any replica renews it when it is old,
/// and the others use it.
struct SharedCertificate: Sendable {
    let cluster: ClusterClient
    let secret: String
    let namespace: String
    let issuer: CertificateIssuer
    let clock: AdapterClock
    let logger: Logger

    /// How often to retry after conflicts with other replicas before waiting for the next round.
    private static let attempts = 5

    /// The certificate to serve: the stored one, or a new one that has been stored.
    ///
    /// - Throws: `KubernetesError` if the Secret cannot be read or written.
    func current() async throws -> ServingCertificate {
        var attempt = 1
        while true {
            do {
                if let kept = try await kept() { return kept }
                return try await created()
            } catch let error as KubernetesError where attempt < Self.attempts && error.isRace {
                // Another replica was faster; its certificate is just as good.
                attempt += 1
            }
        }
    }

    /// Makes Kubernetes delete the Secret together with its owner, the APIService. The chart does not know about the Secret, and
    /// uninstalling it must remove everything.
    ///
    /// - Throws: `KubernetesError` if the Secret cannot be read or written; of kind `conflict` if it was changed concurrently.
    func leave(to owner: JSONValue) async throws {
        let object = try await cluster.get(.secrets, secret, in: namespace)
        let owners = object["metadata"]?["ownerReferences"]?.arrayValue ?? []
        guard !owners.contains(where: { $0["uid"] == owner["uid"] }) else { return }
        // Drop a former APIService of the same name that was the owner before.
        let others = owners.filter { $0["kind"] != owner["kind"] || $0["name"] != owner["name"] }
        var metadata: JSONValue = ["ownerReferences": .array(others + [owner])]
        metadata["resourceVersion"] = object["metadata"]?["resourceVersion"]
        try await cluster.patch(.secrets, secret, in: namespace, .merge(["metadata": metadata]))
    }

    private func created() async throws -> ServingCertificate {
        let certificate = try issuer.first(at: now)
        try await cluster.create(.secrets, try CertificateSecret.object(secret, certificate), in: namespace)
        logger.notice("certificate created", metadata: ["secret": .string(secret)])
        return certificate
    }

    /// Nil if there is no Secret.
    private func kept() async throws -> ServingCertificate? {
        let object: JSONValue
        do {
            object = try await cluster.get(.secrets, secret, in: namespace)
        } catch let error as KubernetesError where error.kind == .notFound {
            return nil
        }
        let found: ServingCertificate
        do {
            found = try CertificateSecret.certificate(of: object)
            try found.check(names: issuer.names, at: now)
        } catch {
            logger.warning("certificate replaced", metadata: ["secret": .string(secret), "reason": "\(error)"])
            return try await replace(object, by: try replacement(of: object))
        }
        guard found.renewalTime <= now else { return found }
        logger.notice("certificate renewal started", metadata: ["secret": .string(secret)])
        return try await renewed(found, in: object)
    }

    /// Renewal happens early: if it fails, the old certificate is still valid.
    private func renewed(_ old: ServingCertificate, in object: JSONValue) async throws -> ServingCertificate {
        do {
            return try await replace(object, by: try issuer.renewed(old, at: now))
        } catch let error as KubernetesError where !error.isRace {
            logger.error("certificate renewal failed", metadata: ["error": "\(error)"])
            return old
        }
    }

    /// Renews an expired certificate with its authority. If the result is unusable, recreates everything.
    private func replacement(of object: JSONValue) throws -> ServingCertificate {
        if let old = try? CertificateSecret.certificate(of: object), let renewed = try? issuer.renewed(old, at: now),
            (try? renewed.check(names: issuer.names, at: now)) != nil
        {
            return renewed
        }
        return try issuer.first(at: now)
    }

    private func replace(_ object: JSONValue, by certificate: ServingCertificate) async throws -> ServingCertificate {
        var change: JSONValue = ["data": try CertificateSecret.data(certificate)]
        change["metadata"] = object["metadata"]?["resourceVersion"].map { ["resourceVersion": $0] }
        try await cluster.patch(.secrets, secret, in: namespace, .merge(change))
        return certificate
    }

    private var now: Date { Date(timeIntervalSince1970: clock.now().secondsSinceEpoch) }
}

extension KubernetesError {
    /// Whether another replica was faster.
    fileprivate var isRace: Bool { kind == .alreadyExists || kind == .conflict || kind == .notFound }
}
