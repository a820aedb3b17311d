import FoundationEssentials
import KubernetesClient
import Terminal
import WireFormats

extension Document {
    /// What a service lists, one a line; says so where there is nothing.
    ///
    /// - Parameter noun: what the things are called, and the name of the list in the data.
    static func list(_ noun: String, _ data: [JSONValue], names: [String], columns: [Table.Column], rows: [[Text]]) -> Document {
        let block =
            rows.isEmpty
            ? Document.Block.lines([Text("no \(noun)", .faint)]) : .table(Table(columns: columns, rows: rows.map { .init($0) }))
        return Document([block], data: .object([noun: .array(data)]), names: names)
    }
}

extension Text {
    /// How long ago something was; nothing if that is not known.
    static func age(of time: Date?, at now: Timestamp) -> Text {
        Text(time.map { DurationText.age(Timestamp(secondsSinceEpoch: $0.timeIntervalSince1970).age(at: now)) } ?? "")
    }
}
