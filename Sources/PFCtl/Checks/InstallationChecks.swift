import KubernetesClient
import PixelFlowClient
import Terminal
import WireFormats

extension CheckCategory {
    /// Checks of a running installation.
    static let installation = CheckCategory(
        name: "installation", checks: [.installed, .versions, .services, .backing, .restarts, .volumes, .warningEvents])
    static let scaling = CheckCategory(name: "scaling", checks: [.autoscaler, .autoscalerRoom, .workerRoom])
    static let reach = CheckCategory(name: "reach", checks: [.apiBackends])

    static let afterInstalling = [cluster, ownPermissions, installation, scaling, reach]
}

extension Check {
    private static let ownServices = ["api", "auth", "web", "worker"]
    private static let manyRestarts = 5
    private static let probeTimeout = Duration.seconds(5)

    private static func about(
        _ anchor: String, _ title: String, _ judge: @escaping @Sendable (InstallationStatus) -> Verdict
    ) -> Check {
        Check(anchor, title) { $0.status.map(judge) ?? .skipped("there is no installation") }
    }

    static let installed = about("installed", "PixelFlow is installed") { status in
        let present = Set(status.installation.services.map(\.component))
        let missing = ownServices.filter { !present.contains($0) }
        guard missing.isEmpty else {
            return .failed(
                "missing: \(missing.joined(separator: ", "))",
                hint:
                    "run helm upgrade for the release \(status.installation.release)")
        }
        return .ok("release \(status.installation.release) in \(status.installation.namespace)")
    }

    static let versions = about("versions", "all services have the same version") { status in
        let versions = Set(status.installation.services.compactMap(\.version)).sorted()
        guard versions.count <= 1 else {
            return .warning(versions.joined(separator: ", "), hint: "an upgrade did not finish; run helm upgrade again")
        }
        return .ok(versions.first)
    }

    static let services = about("services-ready", "every service is ready") { unsettled($0.installation.services) }
    static let backing = about("backing-ready", "every backing service is ready") { status in
        status.installation.backing.isEmpty ? .skipped("they run outside the cluster") : unsettled(status.installation.backing)
    }

    private static func unsettled(_ workloads: [Workload]) -> Verdict {
        let waiting = workloads.filter { !$0.isSettled }
        guard !waiting.isEmpty else { return .ok(workloads.map(\.component).joined(separator: ", ")) }
        return .failed(
            waiting.map(trouble).joined(separator: "; "),
            hint: "pfctl status shows why; see also pfctl logs \(waiting[0].component)")
    }

    /// `worker 2/3`, or, if all replicas are ready, the progress of the rollout.
    private static func trouble(_ workload: Workload) -> String {
        let counts = "\(workload.component) \(workload.ready)/\(workload.desired)"
        guard workload.ready >= workload.desired else { return counts }
        switch RolloutProgress(workload) {
        case .underway(let what), .failed(let what): return "\(counts), \(what)"
        case .complete: return counts
        }
    }

    static let restarts = about("restarts", "no pod restarts repeatedly") { status in
        let restless = status.pods.filter { $0.restarts >= manyRestarts }
        guard !restless.isEmpty else { return .ok() }
        let names = restless.map { "\($0.name) \($0.restarts) times" + ($0.lastEnd.map { ", \($0)" } ?? "") }
        return .warning(names.joined(separator: "; "), hint: "pfctl logs \(restless[0].component) --previous shows why it ended")
    }

    static let volumes = Check("volumes-bound", "every volume is bound") { context in
        guard let status = context.status else { return .skipped("there is no installation") }
        let claims = try await context.client.list(
            .persistentVolumeClaims, in: .current, InstallationLabels.claims(of: status.installation.release)
        ).items
        let pending = claims.filter { $0["status"]?["phase"] != "Bound" }.compactMap { $0["metadata"]?["name"]?.stringValue }.sorted()
        guard !pending.isEmpty else { return claims.isEmpty ? .skipped("there are none") : .ok() }
        return .failed("pending: \(pending.joined(separator: ", "))", hint: "is there a StorageClass that provisions volumes?")
    }

    static let warningEvents = about("warnings", "no warning events within the last hour") { status in
        guard let latest = status.warnings.first else { return .ok() }
        return .warning("\(latest.reason ?? ""): \(latest.message ?? "")", hint: "pfctl events --types Warning lists them")
    }

    static let autoscaler = about("autoscaler", "the autoscaler can read its metric") { status in
        guard !status.autoscalers.isEmpty else { return .skipped("there is none") }
        guard let failing = status.autoscalers.first(where: { $0.trouble != nil }), let trouble = failing.trouble else { return .ok() }
        return .failed(
            trouble,
            hint: failing.scaledObject.map { "is KEDA ready? see kubectl describe scaledobject \($0)" }
                ?? "is the metrics adapter ready? see pfctl logs metrics-adapter")
    }

    static let autoscalerRoom = about("autoscaler-room", "the autoscaler is below its maximum") { status in
        guard let full = status.autoscalers.first(where: { $0.desired >= $0.maximum && ($0.measure?.isAboveTarget ?? false) }) else {
            return status.autoscalers.isEmpty ? .skipped("there is none") : .ok()
        }
        return .warning("\(full.name) is at its maximum of \(full.maximum)", hint: roomHint(full, status))
    }

    /// Workers beyond the number of partitions would get none.
    private static func roomHint(_ full: AutoscalerState, _ status: InstallationStatus) -> String {
        let workload = status.installation.services.first { $0.name == full.target }
        let component = workload?.component ?? "worker"
        guard let partitions = workload.flatMap({ GroupLag.Topic(of: $0).partitions }) else {
            return "pfctl scale \(component) --max \(full.maximum * 2)"
        }
        let others = status.autoscalers.filter { $0.name != full.name }.reduce(0) { $0 + $1.maximum }
        let most = min(full.maximum * 2, partitions - others)
        guard most > full.maximum else {
            return "there are no more workers than kafka.partitions (\(partitions)): raise it, and then worker.autoscaling.maxReplicas"
        }
        return "pfctl scale \(component) --max \(most)"
    }

    /// The backends whose absence does not affect users of the api.
    private static let withoutTrouble: Set = ["broker"]

    static let apiBackends = Check("api-backends", "the api reaches its backends") { context in
        guard let pod = context.status?.pods.first(where: { $0.component == "api" && $0.isReady }) else {
            return .skipped("no pod of api is ready")
        }
        let session = context.session
        let readiness = try await ForwardedService.using(.api, pod: pod.name, in: session, as: .anonymous, timeout: probeTimeout) { api in
            try await api.call { try await $0.readiness() }
        }
        let backends = readiness.failing.joined(separator: ", ")
        let hint = "check that its servers are up; pfctl logs api says why they cannot be reached"
        let reason = backends.isEmpty ? "the api is \(readiness.status)" : "no response from \(backends)"
        // An api that can respond is ready, even if only to report that its database is down.
        if !readiness.isReady || !withoutTrouble.isSuperset(of: readiness.failing) { return .failed(reason, hint: hint) }
        return backends.isEmpty ? .ok() : .warning(reason, hint: hint)
    }
}
