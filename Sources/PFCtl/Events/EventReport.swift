import KubernetesClient

/// Events for people and programs.
struct EventReport {
    let events: [Event]
    let now: Timestamp
    var hasTitles = true

    /// One occurrence of one event.
    static func key(_ event: Event) -> String { "\(event.metadata.uid ?? event.name) \(event.occurrences) \(event.lastSeen?.text ?? "")" }

    var document: Document {
        let columns: [Table.Column] = [
            .init("LAST SEEN", .right), .init("TYPE", spare: .early), .init("REASON"), .init("COUNT", .right, wide: true),
            .init("OBJECT", cut: .middle), .init("MESSAGE", cut: .wrap),
        ]
        let rows = events.map { event in
            Table.Row([
                Text(event.lastSeen.map { DurationText.age($0.age(at: now)) } ?? ""),
                Text(event.type ?? "", event.type == "Warning" ? .warning : .plain), Text(event.reason ?? ""), Text(event.occurrences),
                Text(EventData.object(event)), Text(event.message ?? ""),
            ])
        }
        let table = Document.Block.table(Table(columns: columns, rows: rows, hasTitles: hasTitles))
        return Document(
            [events.isEmpty && hasTitles ? .lines([Text("nothing has happened lately", .faint)]) : table],
            data: ["events": .array(events.map(EventData.json))], names: events.map { "event/\($0.name)" })
    }
}
