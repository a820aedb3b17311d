import PixelFlowClient
import PixelFlowCommands
import Terminal
import WireFormats

/// One task with its outputs.
enum TaskReport {
    static func one(_ task: ImageTask, _ session: Session) -> Document {
        var fields: [Document.Field] = [
            .init("id", Text(task.id)), .init("status", task.status.text),
            .init("source", Text(task.sourceName)), .init("progress", Text("\(Int(percentOf: task.progress)) %")),
            .init("age", .age(of: task.createdAt, at: session.now)),
        ]
        if let preset = task.preset { fields.append(.init("preset", Text(preset))) }
        if let priority = task.priority { fields.append(.init("priority", Text(priority.rawValue))) }
        if let error = task.errorField { fields.append(error) }
        var blocks = [Document.Block.fields(fields)]
        if !task.outputs.isEmpty {
            let rows = task.outputs.map { output in
                Table.Row([Text(output.name), Text(result(output), output.error == nil ? .plain : .bad)])
            }
            blocks.append(.table(Table(columns: [.init("OUTPUT"), .init("RESULT", cut: .wrap)], rows: rows)))
        }
        return Document(blocks, data: task.json, names: [task.reference])
    }

    private static func result(_ output: ImageTask.Output) -> String {
        output.error?.message
            ?? ImageText.summary(format: output.format, width: output.width, height: output.height, bytes: output.bytes.map { Int($0) })
    }
}
