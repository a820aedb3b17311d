import KubernetesClient

/// What workloads and their pods use, beside what they asked for.
struct UsageReport {
    /// Processor time in cores, memory in bytes.
    private struct Amount {
        var cpu = 0.0
        var memory = 0.0

        static func + (left: Amount, right: Amount) -> Amount {
            Amount(cpu: left.cpu + right.cpu, memory: left.memory + right.memory)
        }
    }

    private struct Entry {
        let name: String
        let used: Amount
        let requested: Amount
    }

    let workloads: [Workload]
    let pods: [Pod]
    let metrics: [PodMetrics]

    var document: Document {
        let columns: [Table.Column] = [
            .init("NAME", cut: .middle), .init("CPU", .right), .init("MEMORY", .right), .init("CPU/REQUEST", .right, wide: true),
            .init("MEMORY/REQUEST", .right, wide: true),
        ]
        let groups = workloads.map { ($0, entries(of: $0)) }
        let rows = groups.map { workload, entries in
            Table.Row(
                Self.cells(Self.total(workload.component, entries), .strong), children: entries.map { Table.Row(Self.cells($0, .plain)) })
        }
        let data = groups.map { workload, entries in
            var json = Self.json(Self.total(workload.component, entries))
            json["pods"] = .array(entries.map(Self.json))
            return json
        }
        return Document(
            [.table(Table(columns: columns, rows: rows, isAiry: true))], data: ["services": .array(data)],
            names: groups.flatMap { $0.1.map { "pod/\($0.name)" } })
    }

    private func entries(of workload: Workload) -> [Entry] {
        let measured = Dictionary(metrics.map { ($0.name, $0) }) { first, _ in first }
        return pods.filter { $0.metadata.component == workload.component }.sorted { $0.name < $1.name }.compactMap { pod in
            guard let containers = measured[pod.name]?.containers else { return nil }
            let used = containers.reduce(Amount()) { $0 + Self.amount($1.usage) }
            let requested = (pod.spec?.containers ?? []).reduce(Amount()) { $0 + Self.amount($1.resources?.requests ?? [:]) }
            return Entry(name: pod.name, used: used, requested: requested)
        }
    }

    private static func amount(_ quantities: [String: Quantity]) -> Amount {
        Amount(cpu: quantities["cpu"]?.value ?? 0, memory: quantities["memory"]?.value ?? 0)
    }

    private static func total(_ name: String, _ entries: [Entry]) -> Entry {
        Entry(
            name: name, used: entries.reduce(Amount()) { $0 + $1.used }, requested: entries.reduce(Amount()) { $0 + $1.requested })
    }

    private static func cells(_ entry: Entry, _ style: Text.Style) -> [Text] {
        [
            Text(entry.name, style), Text("\(millicores(entry.used.cpu))m", style), Text("\(mebibytes(entry.used.memory))Mi", style),
            share(entry.used.cpu, of: entry.requested.cpu), share(entry.used.memory, of: entry.requested.memory),
        ]
    }

    /// Without a request there is nothing to be a share of.
    private static func share(_ used: Double, of requested: Double) -> Text {
        guard requested > 0 else { return "" }
        let percent = Int((used / requested * 100).rounded())
        return Text("\(percent)%", percent > 100 ? .warning : .plain)
    }

    private static func millicores(_ cores: Double) -> Int { Int((cores * 1_000).rounded()) }
    private static func mebibytes(_ bytes: Double) -> Int { Int((bytes / 1_048_576).rounded()) }

    private static func json(_ entry: Entry) -> JSONValue {
        [
            "name": .string(entry.name), "cpu_millicores": .integer(Int64(millicores(entry.used.cpu))),
            "memory_bytes": .integer(Int64(entry.used.memory)),
            "cpu_request_millicores": .integer(Int64(millicores(entry.requested.cpu))),
            "memory_request_bytes": .integer(Int64(entry.requested.memory)),
        ]
    }
}
