import PixelFlowClient
import Terminal
import WireFormats

/// Tasks as documents.
enum TaskReport {
    static func list(_ tasks: [ImageTask], _ session: Session) -> Document {
        let columns: [Table.Column] = [
            .init("ID"), .init("STATUS"), .init("AGE", .right, spare: .late), .init("ERROR", wide: true), .init("SOURCE", cut: .middle),
        ]
        let rows = tasks.map { task in
            Table.Row([
                Text(task.id), Text(task.status.rawValue, style(task.status)), session.age(task.createdAt), Text(task.error?.code ?? ""),
                Text(task.source ?? "an upload"),
            ])
        }
        let block: Document.Block = tasks.isEmpty ? .lines([Text("no tasks", .faint)]) : .table(Table(columns: columns, rows: rows))
        return Document([block], data: ["tasks": .array(tasks.map(\.json))], names: tasks.map { "task/\($0.id)" })
    }

    static func one(_ task: ImageTask, _ session: Session) -> Document {
        var fields: [Document.Field] = [
            .init("id", Text(task.id)), .init("status", Text(task.status.rawValue, style(task.status))),
            .init("source", Text(task.source ?? "an upload")), .init("progress", Text("\(Int(percentOf: task.progress)) %")),
            .init("age", session.age(task.createdAt)),
        ]
        if let preset = task.preset { fields.append(.init("preset", Text(preset))) }
        if let priority = task.priority { fields.append(.init("priority", Text(priority.rawValue))) }
        if let error = task.error { fields.append(.init("error", Text(error.code, .bad) + Text(": \(error.message)"))) }
        var blocks = [Document.Block.fields(fields)]
        if !task.outputs.isEmpty {
            let rows = task.outputs.map { output in
                Table.Row([Text(output.name), Text(result(output), output.error == nil ? .plain : .bad)])
            }
            blocks.append(.table(Table(columns: [.init("OUTPUT"), .init("RESULT", cut: .wrap)], rows: rows)))
        }
        return Document(blocks, data: task.json, names: ["task/\(task.id)"])
    }

    static func style(_ status: ImageTask.Status) -> Text.Style {
        switch status {
        case .completed: .good
        case .failed: .bad
        case .cancelled: .faint
        default: .plain
        }
    }

    /// `webp 640×480, 19 kB`
    private static func result(_ output: ImageTask.Output) -> String {
        if let error = output.error { return error.message }
        let size = if let width = output.width, let height = output.height { " \(width)×\(height)" } else { "" }
        return (output.format ?? "") + size + (output.bytes.map { ", \($0 / 1_000 + ($0 % 1_000 > 0 ? 1 : 0)) kB" } ?? "")
    }
}
