import FoundationEssentials
import KubernetesClient
import PixelFlowClient
import PixelFlowCommands
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
            .init("id", Text(task.id)), .init("status", task.status.text), .init("source", Text(task.sourceName)),
            .init("attempts", Text(task.attempts)),
        ]
        if let metadata = task.json["source"] { fields.append(.init("image", Text(Self.size(metadata)))) }
        if let preset = task.preset { fields.append(.init("preset", Text(preset))) }
        if let progress = task.json["progress"]?.doubleValue { fields.append(.init("progress", Text("\(Int(percentOf: progress)) %"))) }
        for (name, key) in [
            ("created", "created_at"), ("started", "started_at"), ("completed", "completed_at"), ("next run", "next_run_at"),
        ] {
            if let time = task.json[key]?.stringValue { fields.append(.init(name, moment(time))) }
        }
        if let error = task.errorField { fields.append(error) }
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

    private static func size(_ image: JSONValue) -> String {
        ImageText.summary(
            format: image["format"]?.stringValue, width: image["width"]?.intValue, height: image["height"]?.intValue,
            bytes: image["bytes"]?.intValue)
    }
}

extension Document {
    /// Tasks, one per line.
    static func tasks(_ tasks: [ImageTask], now: Date) -> Document {
        .list("tasks", tasks, [.id, .status, .attempts, .age, .updated, .error, .source], now: now)
    }

    /// Tasks that have failed, whose errors matter most.
    static func deadLetters(_ tasks: [ImageTask], now: Date) -> Document {
        .list("tasks", tasks, [.id, .failed, .attempts, .code, .wideSource, .message], now: now, absence: "no task has failed")
    }
}

extension ListColumn where Item == ImageTask {
    fileprivate static var failed: Self { .init(.init("FAILED", .right)) { .age(of: $0.updatedAt, at: $1) } }
    fileprivate static var code: Self { .init(.init("CODE")) { task, _ in Text(task.error?.code ?? "", .bad) } }
    fileprivate static var wideSource: Self { .init(.init("SOURCE", wide: true)) { task, _ in Text(task.sourceName) } }
    fileprivate static var message: Self {
        .init(.init("MESSAGE", cut: .wrap, spare: .late)) { task, _ in Text(task.error?.message ?? "") }
    }
}
