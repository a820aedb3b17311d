import FoundationEssentials
import KubernetesClient
import Terminal
import WireFormats

extension Document {
    /// Items listed by a service, one per line; says so if there are none.
    ///
    /// - Parameter noun: the name of the items in messages, and of the list in the data.
    static func list(_ noun: String, _ data: [JSONValue], names: [String], columns: [Table.Column], rows: [[Text]]) -> Document {
        let block =
            rows.isEmpty
            ? Document.Block.lines([Text("no \(noun)", .faint)]) : .table(Table(columns: columns, rows: rows.map { .init($0) }))
        return Document([block], data: .object([noun: .array(data)]), names: names)
    }
}

extension Text {
    /// The time since `time`; empty if that is unknown.
    static func age(of time: Date?, at now: Timestamp) -> Text {
        Text(time.map { DurationText.age(Timestamp(secondsSinceEpoch: $0.timeIntervalSince1970).age(at: now)) } ?? "")
    }
}
