import KubernetesClient
import Terminal
import WireFormats

/// An `InstallationStatus` as text.
struct StatusReport {
    let status: InstallationStatus

    var document: Document {
        let workloads = status.installation.workloads
        return Document(
            [.lines([headline]), .table(table), .fields(taskFields), warnings, .lines(status.notes.map { Text($0, .faint) })],
            data: StatusData(status: status).json, names: workloads.map(\.reference))
    }

    private var headline: Text {
        let installation = status.installation
        let location = " in \(installation.namespace)" + (status.context.map { " on \($0)" } ?? "")
        return Text(installation.release, .strong) + Text(location)
            + (status.isDegraded ? Text("  degraded", .bad) : Text("  healthy", .good))
    }

    private var table: Table {
        let columns: [Table.Column] = [
            .init("NAME", cut: .middle), .init("READY"), .init("REV", .right, spare: .early), .init("AGE", .right, spare: .early),
            .init("RESTARTS", .right), .init("NODE", wide: true), .init("DETAILS", cut: .wrap),
        ]
        return Table(columns: columns, rows: status.installation.workloads.map(row), isAiry: true)
    }

    private func row(_ workload: Workload) -> Table.Row {
        var children = status.pods(of: workload).map(row)
        if let autoscaler = status.autoscaler(of: workload) { children.insert(row(autoscaler), at: 0) }
        let counts = "\(workload.ready)/\(workload.desired)"
        return Table.Row(
            [
                Text(workload.component, .strong), Text(counts, workload.isSettled ? .good : .bad),
                Text(workload.revision.map(String.init) ?? ""), Text(age(workload.metadata.creationTimestamp)), "", "", details(workload),
            ], children: children)
    }

    private func details(_ workload: Workload) -> Text {
        let image = Text(workload.image ?? "")
        switch RolloutProgress(workload) {
        case .complete: return image + (workload.isPaused ? Text("  paused", .warning) : "")
        case .underway(let what):
            return Text((workload.isPaused ? "paused: " : "") + what, .warning) + "  " + image
        case .failed(let why): return Text(why, .bad) + "  " + image
        }
    }

    private func row(_ pod: PodHealth) -> Table.Row {
        let restarts = Text(pod.restarts, pod.restarts > 0 ? .warning : .plain)
        return Table.Row([
            Text(pod.name), pod.isReady ? Text("ready", .good) : Text("not ready", .bad), "", Text(age(pod.created)), restarts,
            Text(pod.node ?? ""), explanation(pod),
        ])
    }

    private func explanation(_ pod: PodHealth) -> Text {
        if pod.isReady { return pod.restarts > 0 ? Text(pod.lastEnd.map { "last end: \($0)" } ?? "", .faint) : "" }
        let state = Text(pod.state, pod.state == "Terminating" || pod.state == "ContainerCreating" ? .warning : .bad)
        return state + Text(pod.explanation.map { ": \($0)" } ?? "") + Text(pod.lastEnd.map { "; last end: \($0)" } ?? "", .faint)
    }

    private func row(_ autoscaler: AutoscalerState) -> Table.Row {
        Table.Row([Text("autoscaler", .faint), Text("\(autoscaler.current)→\(autoscaler.desired)"), "", "", "", "", sentence(autoscaler)])
    }

    /// `lag 41 of 25 a pod, 123 wait, drained in about 2m3s; 2 to 20 pods`
    private func sentence(_ autoscaler: AutoscalerState) -> Text {
        var parts: [Text] = autoscaler.trouble.map { [Text($0, .bad)] } ?? []
        if let measure = autoscaler.measure { parts.append(sentence(measure)) }
        if let lag = autoscaler.lag, lag > 0 { parts.append(Text("\(Int(clamping: lag)) wait")) }
        if let drain = status.drain(autoscaler).text { parts.append(Text(drain)) }
        return parts.joined(separator: ", ") + Text("; \(autoscaler.minimum) to \(autoscaler.maximum) pods")
    }

    private func sentence(_ measure: AutoscalerState.Measure) -> Text {
        let unit = measure.isUtilization ? "%" : ""
        let current = measure.current.map { Self.number($0) + unit } ?? "unknown"
        let target = measure.target.map { Self.number($0) + unit } ?? "unknown"
        let per = measure.isUtilization ? "" : " a pod"
        return Text("\(measure.name) ") + Text(current, measure.isAboveTarget ? .warning : .plain) + Text(" of \(target)\(per)")
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() ? String(Int(clamping: value)) : String((value * 10).rounded() / 10)
    }

    private var taskFields: [Document.Field] {
        guard let tasks = status.tasks else { return [] }
        let counts = tasks.counts.sorted { $0.key < $1.key }.map { status, count in
            Text("\(count) ", .strong) + Text(status.lowercased(), status == "FAILED" && count > 0 ? .bad : .plain)
        }
        let completed = "\(tasks.completedLastMinute) in the last minute, \(tasks.completedLastHour) in the last hour"
        var fields: [Document.Field] = [.init("tasks", counts.joined(separator: ", ")), .init("completed", Text(completed))]
        if !tasks.failures.isEmpty {
            let failures = tasks.failures.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
            fields.append(.init("failures", Text(failures.joined(separator: ", "))))
        }
        return fields
    }

    private var warnings: Document.Block {
        guard !status.warnings.isEmpty else { return .lines([]) }
        let columns: [Table.Column] = [
            .init("WARNING"), .init("LAST SEEN", .right), .init("OBJECT", cut: .middle), .init("MESSAGE", cut: .wrap),
        ]
        let rows = status.warnings.map { event in
            Table.Row([
                Text(event.reason ?? "", .warning), Text(age(event.lastSeen)),
                Text(EventData.object(event)), Text(event.message ?? ""),
            ])
        }
        return .table(Table(columns: columns, rows: rows))
    }

    private func age(_ time: Timestamp?) -> String {
        time.map { DurationText.age($0.age(at: status.time)) } ?? ""
    }
}

/// An `InstallationStatus` for programs. Contains points in time instead of ages, so that equal states have equal texts.
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
            "name": .string(workload.component), "object": .string(workload.reference), "ready": .integer(workload.ready),
            "desired": .integer(workload.desired), "settled": .bool(workload.isSettled), "paused": .bool(workload.isPaused),
            "pods": .array(status.pods(of: workload).map(pod)),
        ]
        json["revision"] = workload.revision.map { .integer($0) }
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
            "name": .string(pod.name), "ready": .bool(pod.isReady), "state": .string(pod.state), "restarts": .integer(pod.restarts),
        ]
        json["created_at"] = pod.created.map { .string($0.text) }
        json["message"] = pod.explanation.map { .string($0) }
        json["node"] = pod.node.map { .string($0) }
        json["last_end"] = pod.lastEnd.map { .string($0) }
        return json
    }

    private func autoscaler(_ autoscaler: AutoscalerState) -> JSONValue {
        var json: JSONValue = [
            "name": .string(autoscaler.name), "min": .integer(autoscaler.minimum), "max": .integer(autoscaler.maximum),
            "current": .integer(autoscaler.current), "desired": .integer(autoscaler.desired),
        ]
        if let measure = autoscaler.measure {
            json["metric"] = ["name": .string(measure.name)]
            json["metric"]?["current"] = measure.current.map { .number($0) }
            json["metric"]?["target"] = measure.target.map { .number($0) }
        }
        json["lag"] = autoscaler.lag.map { .integer(Int(clamping: $0)) }
        json["drain_seconds"] = status.drain(autoscaler).seconds.map { .integer($0) }
        json["trouble"] = autoscaler.trouble.map { .string($0) }
        return json
    }

    private func tasks(_ tasks: TaskCounts) -> JSONValue {
        var json: JSONValue = [
            "counts": .object(tasks.counts.mapValues { .integer($0) }),
            "failures": .object(tasks.failures.mapValues { .integer($0) }),
            "completed_last_minute": .integer(tasks.completedLastMinute),
            "completed_last_hour": .integer(tasks.completedLastHour),
        ]
        json["oldest_pending_seconds"] = tasks.oldestPendingSeconds.map { .number($0) }
        return json
    }
}
