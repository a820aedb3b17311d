import KubernetesClient
import Synchronization
import WireFormats

/// Asks the API server whether a caller may read a metric, and caches the decision briefly.
final class AccessReviews: Sendable {
    /// The API server's own delegating authorizers cache denials for the same time.
    static let lifetime: Duration = .seconds(10)
    /// There are only a few controllers and users as callers; beyond this, entries are evicted.
    static let capacity = 1_000
    static let kind = ResourceKind(
        group: "authorization.k8s.io", plural: "subjectaccessreviews", kind: "SubjectAccessReview", isNamespaced: false)

    private struct Question: Hashable {
        let caller: Caller
        let metric: String
        let namespace: String
    }

    private struct Decision {
        let isAllowed: Bool
        let time: ContinuousClock.Instant
    }

    private let cluster: ClusterClient
    private let clock: AdapterClock
    private let decisions = Mutex<[Question: Decision]>([:])

    init(_ cluster: ClusterClient, clock: AdapterClock) {
        self.cluster = cluster
        self.clock = clock
    }

    /// - Throws: `KubernetesError` if the API server does not decide; this is not cached.
    func isAllowed(_ caller: Caller, metric: String, namespace: String) async throws -> Bool {
        let question = Question(caller: caller, metric: metric, namespace: namespace)
        let now = clock.uptime()
        if let known = decisions.withLock({ $0[question] }), now - known.time < Self.lifetime { return known.isAllowed }
        let isAllowed = try await ask(question)
        decisions.withLock { decisions in
            if decisions.count >= Self.capacity { decisions = decisions.filter { now - $0.value.time < Self.lifetime } }
            if decisions.count >= Self.capacity { decisions = [:] }
            decisions[question] = Decision(isAllowed: isAllowed, time: now)
        }
        return isAllowed
    }

    private func ask(_ question: Question) async throws -> Bool {
        let caller = question.caller
        var spec: JSONValue = [
            "user": .string(caller.name), "groups": .array(caller.groups.map { .string($0) }),
            "resourceAttributes": [
                "verb": "list", "group": .string(ExternalMetrics.group), "version": .string(ExternalMetrics.version),
                "resource": .string(question.metric), "namespace": .string(question.namespace),
            ],
        ]
        spec["uid"] = caller.uid.map { .string($0) }
        if !caller.extra.isEmpty { spec["extra"] = .object(caller.extra.mapValues { .array($0.map { .string($0) }) }) }
        let review = try await cluster.create(Self.kind, ["spec": spec])
        return review["status"]?["allowed"]?.boolValue == true && review["status"]?["denied"]?.boolValue != true
    }
}
