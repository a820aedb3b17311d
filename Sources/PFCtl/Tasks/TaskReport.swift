import KubernetesClient
import Terminal
import WireFormats

/// One task with all that happened to it.
struct TaskReport {
    let task: TaskSummary
    let now: Timestamp

    var document: Document {
        Document(
            [.fields(fields), outputs, history].compactMap { $0 }, data: task.json, names: [task.reference])
    }

    private var fields: [Document.Field] {
        var fields: [Document.Field] = [
            .init("id", Text(task.id)), .init("status", Text(task.status, task.style)), .init("source", Text(task.source)),
            .init("attempts", Text(task.attempts)),
        ]
        if let facts = task.json["source"] { fields.append(.init("image", Text(Self.size(facts)))) }
        if let preset = task.json["preset"]?.stringValue { fields.append(.init("preset", Text(preset))) }
        if let progress = task.json["progress"]?.doubleValue { fields.append(.init("progress", Text("\(Int(progress * 100)) %"))) }
        for (name, key) in [
            ("created", "created_at"), ("started", "started_at"), ("completed", "completed_at"), ("next run", "next_run_at"),
        ] {
            if let time = task.json[key]?.stringValue { fields.append(.init(name, moment(time))) }
        }
        if let code = task.errorCode {
            fields.append(.init("error", Text(code, .bad) + Text(task.errorMessage.map { ": \($0)" } ?? "")))
        }
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
        let bytes = image["bytes"]?.intValue.map { ", \(($0 + 999) / 1_000) kB" } ?? ""
        return "\(format) \(width)×\(height)\(bytes)"
    }
}

/// Tasks, one a line.
struct TaskListReport {
    let tasks: [TaskSummary]
    let now: Timestamp
    /// Only failed tasks, about which the error is what matters.
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
                    Text(task.id), Text(task.status, task.style), Text(task.attempts), age(task.created), age(task.updated),
                    Text(task.errorCode ?? ""), Text(task.source),
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
                    Text(task.id), age(task.updated), Text(task.attempts), Text(task.errorCode ?? "", .bad), Text(task.source),
                    Text(task.errorMessage ?? ""),
                ])
            })
    }

    private func age(_ time: Timestamp?) -> Text { Text(time.map { DurationText.age($0.age(at: now)) } ?? "") }
}

/// The fields of a task that lists need.
struct TaskSummary: Sendable {
    static let failed = "FAILED"
    private static let final: Set<String> = ["COMPLETED", "FAILED", "CANCELLED"]

    let id: String
    let status: String
    /// Its URL, or the name of the file.
    let source: String
    let attempts: Int
    let created: Timestamp?
    let updated: Timestamp?
    let errorCode: String?
    let errorMessage: String?
    /// All that the api says.
    let json: JSONValue

    init(_ json: JSONValue) {
        self.json = json
        id = json["id"]?.stringValue ?? ""
        status = json["status"]?.stringValue ?? ""
        source = json["image_url"]?.stringValue ?? json["upload"]?["filename"]?.stringValue ?? "an upload"
        attempts = json["attempts"]?.intValue ?? 0
        created = json["created_at"]?.stringValue.flatMap { Timestamp($0) }
        updated = json["updated_at"]?.stringValue.flatMap { Timestamp($0) }
        errorCode = json["error"]?["code"]?.stringValue
        errorMessage = json["error"]?["message"]?.stringValue
    }

    var isFinal: Bool { Self.final.contains(status) }
    var reference: String { "task/\(id)" }

    var style: Text.Style {
        switch status {
        case "COMPLETED": .good
        case "FAILED": .bad
        case "CANCELLED": .faint
        default: .plain
        }
    }
}
