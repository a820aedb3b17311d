import KubernetesClient
import Terminal
import WireFormats

/// A `GroupLag`, as text and data.
struct LagReport {
    let lag: GroupLag

    var document: Document {
        guard lag.partitionCount > 0 else {
            return Document([.lines([Text("no worker holds a partition at the moment", .warning)])], data: data)
        }
        let names = lag.partitions.map { "partition/\($0.topic)-\($0.number)" }
        return Document([.table(table), .lines([summary] + gap)], data: data, names: names)
    }

    private var summary: Text {
        let rate = lag.rate.map { Text(", \(Self.decimal($0)) tasks finished per second", .faint) } ?? ""
        let total = Text("\(lag.isComplete ? "" : "at least ")\(lag.total) behind", lag.total > 0 ? .strong : .plain)
        let topics = lag.byTopic
        let lanes = topics.count > 1 && lag.total > 0 ? topics.sorted { $0.key < $1.key }.map { "\($0.value) on \($0.key)" } : []
        let detail = Text(lanes.isEmpty ? "" : " (\(lanes.joined(separator: ", ")))", .faint)
        return total + detail + (lag.drain.text.map { Text(", \($0)") } ?? "") + rate
    }

    private var gap: [Text] {
        guard !lag.unreported.isEmpty else { return [] }
        let verb = lag.unreported.count == 1 ? "is" : "are"
        let count = "\(lag.unreported.count) of \(lag.partitionCount) partitions"
        return [Text("\(count) \(verb) held by no worker\(lag.isFromAll ? "" : " that responded")", .warning)]
    }

    private struct Line {
        let topic: String
        let number: Int
        let partition: GroupLag.Partition?
    }

    private var lines: [Line] {
        let reported = lag.partitions.map { Line(topic: $0.topic, number: $0.number, partition: $0) }
        let unreported = lag.unreported.map { Line(topic: $0.topic, number: $0.number, partition: nil) }
        return (reported + unreported).sorted { ($0.topic, $0.number) < ($1.topic, $1.number) }
    }

    /// Omits columns without any value.
    private var table: Table {
        let hasCommitted = lag.partitions.contains { $0.committed != nil }
        let hasEnd = lag.partitions.contains { $0.end != nil }
        var columns: [Table.Column] = [.init("TOPIC", cut: .middle), .init("PARTITION", .right)]
        if hasCommitted { columns.append(.init("COMMITTED", .right, spare: .early)) }
        if hasEnd { columns.append(.init("END", .right, spare: .early)) }
        columns += [.init("LAG", .right), .init("MEMBER", cut: .middle)]
        let rows = lines.map { line in
            var cells = [Text(line.topic), Text(line.number)]
            if hasCommitted { cells.append(line.partition?.committed.map { Text($0) } ?? "") }
            if hasEnd { cells.append(line.partition?.end.map { Text($0) } ?? "") }
            guard let partition = line.partition else {
                return Table.Row(cells + [Text("?", .warning), Text(lag.isFromAll ? "none" : "unknown", .warning)])
            }
            return Table.Row(cells + [Text(partition.lag, partition.lag > 0 ? .strong : .plain), Text(partition.member)])
        }
        return Table(columns: columns, rows: rows)
    }

    private var data: JSONValue {
        var json: JSONValue = [
            "lag": .integer(lag.total), "is_complete": .bool(lag.isComplete), "partitions": .array(lag.partitions.map(Self.json)),
            "partition_count": .integer(lag.partitionCount), "untold_partitions": .array(lag.unreported.map { .integer($0.number) }),
            "lag_by_topic": .object(lag.byTopic.mapValues { .integer($0) }),
        ]
        json["finished_per_second"] = lag.rate.map { .number($0) }
        json["drain_seconds"] = lag.drain.seconds.map { .integer($0) }
        return json
    }

    private static func json(_ partition: GroupLag.Partition) -> JSONValue {
        var json: JSONValue = [
            "topic": .string(partition.topic), "partition": .integer(partition.number), "lag": .integer(partition.lag),
            "member": .string(partition.member),
        ]
        json["committed"] = partition.committed.map { .integer($0) }
        json["end"] = partition.end.map { .integer($0) }
        return json
    }

    /// With one decimal place.
    private static func decimal(_ number: Double) -> String { String((number * 10).rounded() / 10) }
}
