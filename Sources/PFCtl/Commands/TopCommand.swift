import ArgumentParser
import KubernetesClient
import Terminal
import WireFormats

struct TopCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Shows the CPU and memory usage of services and pods.",
        discussion: """
            Examples:
              pfctl top
              pfctl top worker
              pfctl top -o wide     With requests and limits
            """)

    @Argument(help: "Only this service.") var service: String?

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let client = try session.client()
        async let found = Installation.find(in: session)
        async let listed = client.list(Pod.self, in: .current, InstallationLabels.everything)
        let metrics = try await Self.metrics(client)
        let installation = try await found
        let chosen = try service.map { [try installation.workload($0)] } ?? installation.workloads
        let pods = try await listed.items.filter { $0.metadata.release == installation.release }
        session.print(UsageReport(workloads: chosen, pods: pods, metrics: metrics).document)
        return .ok
    }

    private static func metrics(_ client: ClusterClient) async throws -> [PodMetrics] {
        do {
            return try await client.podMetrics(labelSelector: InstallationLabels.everything.labelSelector)
        } catch let error as KubernetesError where error.kind == .notFound || error.kind == .server {
            throw CommandError(.failed, "the cluster provides no pod metrics: metrics.k8s.io is not served", hint: "install metrics-server")
        }
    }
}

/// The usage of workloads and their pods, compared with their requests.
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
        /// Nil if it has not been measured, for example for a pod that has just started.
        let used: Amount?
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
        return pods.filter { workload.owns($0.metadata.labels) }.sorted { $0.name < $1.name }.map { pod in
            let used = measured[pod.name]?.containers.map { $0.reduce(Amount()) { $0 + Self.amount($1.usage) } }
            let requested = (pod.spec?.containers ?? []).reduce(Amount()) { $0 + Self.amount($1.resources?.requests ?? [:]) }
            return Entry(name: pod.name, used: used, requested: requested)
        }
    }

    private static func amount(_ quantities: [String: Quantity]) -> Amount {
        Amount(cpu: quantities["cpu"]?.value ?? 0, memory: quantities["memory"]?.value ?? 0)
    }

    /// The sum of the measured entries.
    private static func total(_ name: String, _ entries: [Entry]) -> Entry {
        let measured = entries.filter { $0.used != nil }
        return Entry(
            name: name, used: measured.isEmpty ? nil : measured.compactMap(\.used).reduce(Amount(), +),
            requested: measured.map(\.requested).reduce(Amount(), +))
    }

    private static func cells(_ entry: Entry, _ style: Text.Style) -> [Text] {
        guard let used = entry.used else { return [Text(entry.name, style), Text("–", .faint), Text("–", .faint)] }
        return [
            Text(entry.name, style), Text("\(millicores(used.cpu))m", style), Text("\(mebibytes(used.memory))Mi", style),
            share(used.cpu, of: entry.requested.cpu), share(used.memory, of: entry.requested.memory),
        ]
    }

    /// Without a request, there is no share to show.
    private static func share(_ used: Double, of requested: Double) -> Text {
        guard requested > 0 else { return "" }
        let percent = Int(clamping: (used / requested * 100).rounded())
        return Text("\(percent)%", percent > 100 ? .warning : .plain)
    }

    private static func millicores(_ cores: Double) -> Int { Int(clamping: (cores * 1_000).rounded()) }
    private static func mebibytes(_ bytes: Double) -> Int { Int(clamping: (bytes / 1_048_576).rounded()) }

    /// Omits missing measurements and requests.
    private static func json(_ entry: Entry) -> JSONValue {
        var json: JSONValue = ["name": .string(entry.name)]
        json["cpu_millicores"] = entry.used.map { .integer(millicores($0.cpu)) }
        json["memory_bytes"] = entry.used.map { .integer(Int(clamping: $0.memory)) }
        let requested = entry.requested
        json["cpu_request_millicores"] = requested.cpu > 0 ? .integer(millicores(requested.cpu)) : nil
        json["memory_request_bytes"] = requested.memory > 0 ? .integer(Int(clamping: requested.memory)) : nil
        return json
    }
}
