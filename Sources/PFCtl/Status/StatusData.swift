import KubernetesClient

/// An `InstallationStatus` for programs. Times are moments, not ages, so that the same state is the same text.
struct StatusData {
    let status: InstallationStatus

    var json: JSONValue {
        let installation = status.installation
        var json: JSONValue = [
            "release": .string(installation.release), "namespace": .string(installation.namespace),
            "status": .string(status.isDegraded ? "degraded" : "healthy"),
            "services": .array(installation.services.map(workload)), "backing": .array(installation.backing.map(workload)),
            "warnings": .array(status.warnings.map(EventData.json)), "notes": .array(status.notes.map { .string($0) }),
        ]
        json["context"] = status.context.map { .string($0) }
        json["tasks"] = status.tasks.map(tasks)
        return json
    }

    private func workload(_ workload: Workload) -> JSONValue {
        var json: JSONValue = [
            "name": .string(workload.component), "object": .string(workload.reference), "ready": .integer(Int64(workload.ready)),
            "desired": .integer(Int64(workload.desired)), "settled": .bool(workload.isSettled), "paused": .bool(workload.isPaused),
            "pods": .array(status.pods(of: workload).map(pod)),
        ]
        json["revision"] = workload.revision.map { .integer(Int64($0)) }
        json["image"] = workload.image.map { .string($0) }
        json["version"] = workload.version.map { .string($0) }
        json["autoscaler"] = status.autoscaler(of: workload).map(autoscaler)
        switch RolloutProgress(workload) {
        case .complete: json["rollout"] = "complete"
        case .underway(let what): (json["rollout"], json["rollout_message"]) = ("underway", .string(what))
        case .failed(let why): (json["rollout"], json["rollout_message"]) = ("failed", .string(why))
        }
        return json
    }

    private func pod(_ pod: PodHealth) -> JSONValue {
        var json: JSONValue = [
            "name": .string(pod.name), "ready": .bool(pod.isReady), "state": .string(pod.state), "restarts": .integer(Int64(pod.restarts)),
        ]
        json["created_at"] = pod.created.map { .string($0.text) }
        json["message"] = pod.explanation.map { .string($0) }
        json["node"] = pod.node.map { .string($0) }
        json["last_end"] = pod.lastEnd.map { .string($0) }
        return json
    }

    private func autoscaler(_ autoscaler: AutoscalerState) -> JSONValue {
        var json: JSONValue = [
            "name": .string(autoscaler.name), "min": .integer(Int64(autoscaler.minimum)), "max": .integer(Int64(autoscaler.maximum)),
            "current": .integer(Int64(autoscaler.current)), "desired": .integer(Int64(autoscaler.desired)),
        ]
        if let measure = autoscaler.measure {
            json["metric"] = ["name": .string(measure.name)]
            json["metric"]?["current"] = measure.current.map { .number($0) }
            json["metric"]?["target"] = measure.target.map { .number($0) }
        }
        json["lag"] = autoscaler.lag.map { .integer(Int64($0)) }
        json["drain_seconds"] = status.drain(autoscaler).seconds.map { .integer(Int64($0)) }
        json["trouble"] = autoscaler.trouble.map { .string($0) }
        return json
    }

    private func tasks(_ tasks: TaskCounts) -> JSONValue {
        var json: JSONValue = [
            "counts": .object(tasks.counts.mapValues { .integer(Int64($0)) }),
            "failures": .object(tasks.failures.mapValues { .integer(Int64($0)) }),
            "completed_last_minute": .integer(Int64(tasks.completedLastMinute)),
            "completed_last_hour": .integer(Int64(tasks.completedLastHour)),
        ]
        json["oldest_pending_seconds"] = tasks.oldestPendingSeconds.map { .number($0) }
        return json
    }
}
