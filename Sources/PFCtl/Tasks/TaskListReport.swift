import KubernetesClient

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
