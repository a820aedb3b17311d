import KubernetesClient

/// A `GroupLag` for people and programs.
struct LagReport {
    let lag: GroupLag

    var document: Document {
        guard !lag.partitions.isEmpty else {
            return Document([.lines([Text("no worker has a partition at the moment", .warning)])], data: data)
        }
        return Document(
            [.table(table), .lines([summary])], data: data, names: lag.partitions.map { "partition/\($0.topic)-\($0.number)" })
    }

    private var summary: Text {
        let rate = lag.rate.map { Text(", \(Self.decimal($0)) tasks finished a second", .faint) } ?? ""
        return Text("\(lag.total) behind", lag.total > 0 ? .strong : .plain) + (lag.drain.text.map { Text(", \($0)") } ?? "") + rate
    }

    /// Columns that no worker tells anything for are not there.
    private var table: Table {
        let hasCommitted = lag.partitions.contains { $0.committed != nil }
        let hasEnd = lag.partitions.contains { $0.end != nil }
        var columns: [Table.Column] = [.init("TOPIC", cut: .middle), .init("PARTITION", .right)]
        if hasCommitted { columns.append(.init("COMMITTED", .right)) }
        if hasEnd { columns.append(.init("END", .right)) }
        columns += [.init("LAG", .right), .init("MEMBER", cut: .middle)]
        let rows = lag.partitions.map { partition in
            var cells = [Text(partition.topic), Text(partition.number)]
            if hasCommitted { cells.append(partition.committed.map { Text($0) } ?? "") }
            if hasEnd { cells.append(partition.end.map { Text($0) } ?? "") }
            return Table.Row(cells + [Text(partition.lag, partition.lag > 0 ? .strong : .plain), Text(partition.member)])
        }
        return Table(columns: columns, rows: rows)
    }

    private var data: JSONValue {
        var json: JSONValue = ["lag": .integer(Int64(lag.total)), "partitions": .array(lag.partitions.map(Self.json))]
        json["finished_per_second"] = lag.rate.map { .number($0) }
        json["drain_seconds"] = lag.drain.seconds.map { .integer(Int64($0)) }
        return json
    }

    private static func json(_ partition: GroupLag.Partition) -> JSONValue {
        var json: JSONValue = [
            "topic": .string(partition.topic), "partition": .integer(Int64(partition.number)), "lag": .integer(Int64(partition.lag)),
            "member": .string(partition.member),
        ]
        json["committed"] = partition.committed.map { .integer(Int64($0)) }
        json["end"] = partition.end.map { .integer(Int64($0)) }
        return json
    }

    /// With one digit after the point.
    private static func decimal(_ number: Double) -> String { String((number * 10).rounded() / 10) }
}
