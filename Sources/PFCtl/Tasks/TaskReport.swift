import FoundationEssentials
import KubernetesClient
import PixelFlowClient
import Terminal
import WireFormats

/// One task with its history.
struct TaskReport {
    let task: ImageTask
    let now: Timestamp

    var document: Document {
        Document(
            [.fields(fields), outputs, history].compactMap { $0 }, data: task.json, names: [task.reference])
    }

    private var fields: [Document.Field] {
        var fields: [Document.Field] = [
            .init("id", Text(task.id)), .init("status", Text(task.status.rawValue, task.style)), .init("source", Text(task.sourceName)),
            .init("attempts", Text(task.attempts)),
        ]
        if let facts = task.json["source"] { fields.append(.init("image", Text(Self.size(facts)))) }
        if let preset = task.preset { fields.append(.init("preset", Text(preset))) }
        if let progress = task.json["progress"]?.doubleValue { fields.append(.init("progress", Text("\(Int(percentOf: progress)) %"))) }
        for (name, key) in [
            ("created", "created_at"), ("started", "started_at"), ("completed", "completed_at"), ("next run", "next_run_at"),
        ] {
            if let time = task.json[key]?.stringValue { fields.append(.init(name, moment(time))) }
        }
        if let error = task.error { fields.append(.init("error", Text(error.code, .bad) + Text(": \(error.message)"))) }
        return fields
    }

    private var outputs: Document.Block? {
        guard let outputs = task.json["outputs"]?.arrayValue, !outputs.isEmpty else { return nil }
        let rows = outputs.map { output in
            let failure = output["error"]?["message"]?.stringValue
            return Table.Row([
                Text(output["name"]?.stringValue ?? ""), Text(output["status"]?.stringValue ?? "", failure == nil ? .good : .bad),
                Text(failure ?? Self.size(output)),
            ])
        }
        return .table(Table(columns: [.init("OUTPUT"), .init("STATUS"), .init("RESULT", cut: .wrap)], rows: rows))
    }

    private var history: Document.Block? {
        guard let entries = task.json["history"]?.arrayValue, !entries.isEmpty else { return nil }
        let rows = entries.map { entry in
            Table.Row([
                Text(age(entry["at"]?.stringValue ?? "")), Text(entry["at"]?.stringValue ?? ""), Text(entry["status"]?.stringValue ?? ""),
                Text(entry["reason"]?.stringValue ?? ""),
            ])
        }
        let columns: [Table.Column] = [
            .init("AGE", .right), .init("AT", wide: true), .init("STATUS"), .init("REASON", cut: .wrap),
        ]
        return .table(Table(columns: columns, rows: rows))
    }

    private func age(_ text: String) -> String { Timestamp(text).map { DurationText.age($0.age(at: now)) } ?? text }

    private func moment(_ text: String) -> Text {
        guard let time = Timestamp(text) else { return Text(text) }
        let isPast = time < now
        let span = DurationText.age(isPast ? time.age(at: now) : now.age(at: time))
        return Text(text) + Text(isPast ? "  \(span) ago" : "  in \(span)", .faint)
    }

    /// `jpeg 1600×900, 120 kB`
    private static func size(_ image: JSONValue) -> String {
        let format = image["format"]?.stringValue ?? ""
        guard let width = image["width"]?.intValue, let height = image["height"]?.intValue else { return format }
        let bytes = image["bytes"]?.intValue.map { ", \($0 / 1_000 + ($0 % 1_000 > 0 ? 1 : 0)) kB" } ?? ""
        return "\(format) \(width)×\(height)\(bytes)"
    }
}

/// Tasks, one per line.
struct TaskListReport {
    let tasks: [ImageTask]
    let now: Timestamp
    /// Whether all tasks have failed, so that their errors matter most.
    var isDeadLetters = false

    var document: Document {
        let data: JSONValue = ["tasks": .array(tasks.map(\.json))]
        let names = tasks.map(\.reference)
        guard !tasks.isEmpty else {
            return Document([.lines([Text(isDeadLetters ? "no task has failed" : "no tasks", .faint)])], data: data, names: names)
        }
        return Document([.table(isDeadLetters ? failures : everything)], data: data, names: names)
    }

    private var everything: Table {
        let columns: [Table.Column] = [
            .init("ID"), .init("STATUS"), .init("ATTEMPTS", .right, spare: .early), .init("AGE", .right, spare: .late),
            .init("UPDATED", .right, wide: true),
            .init("ERROR", wide: true), .init("SOURCE", cut: .middle),
        ]
        return Table(
            columns: columns,
            rows: tasks.map { task in
                .init([
                    Text(task.id), Text(task.status.rawValue, task.style), Text(task.attempts), age(task.createdAt), age(task.updatedAt),
                    Text(task.error?.code ?? ""), Text(task.sourceName),
                ])
            })
    }

    private var failures: Table {
        let columns: [Table.Column] = [
            .init("ID"), .init("FAILED", .right), .init("ATTEMPTS", .right, spare: .early), .init("CODE"), .init("SOURCE", wide: true),
            .init("MESSAGE", cut: .wrap, spare: .late),
        ]
        return Table(
            columns: columns,
            rows: tasks.map { task in
                .init([
                    Text(task.id), age(task.updatedAt), Text(task.attempts), Text(task.error?.code ?? "", .bad), Text(task.sourceName),
                    Text(task.error?.message ?? ""),
                ])
            })
    }

    private func age(_ time: Date?) -> Text {
        Text(time.map { DurationText.age(Timestamp(secondsSinceEpoch: $0.timeIntervalSince1970).age(at: now)) } ?? "")
    }
}

extension ImageTask {
    var reference: String { "task/\(id)" }
    /// Its URL or the file name.
    var sourceName: String { source ?? "an upload" }

    var style: Text.Style {
        switch status {
        case .completed: .good
        case .failed: .bad
        case .cancelled: .faint
        default: .plain
        }
    }
}
