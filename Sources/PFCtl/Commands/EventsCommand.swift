import ArgumentParser
import KubernetesClient
import Terminal
import WireFormats

struct EventsCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Lists the events of PixelFlow's objects, oldest first.",
        discussion: """
            Examples:
              pfctl events
              pfctl events --types Warning
              pfctl events --for worker --watch
            """)

    @Option(help: ArgumentHelp("Only events of these types, separated by commas: Normal, Warning.", valueName: "types"))
    var types: String?

    @Option(name: .customLong("for"), help: ArgumentHelp("Only events of this service and its pods.", valueName: "service"))
    var service: String?

    @Flag(name: .shortAndLong, help: "Watch for new events.")
    var watch = false

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        async let found = Installation.find(in: session)
        async let listed = try session.client().events()
        let installation = try await found
        let filter = EventFilter(names: try names(installation), types: types.map(Self.split))
        let events = try await listed.filter(filter.includes)
        session.print(EventReport(events: events, now: session.now).document)
        if watch { try await follow(filter, after: events, session) }
        return .ok
    }

    private func names(_ installation: Installation) throws -> [String] {
        guard let service else { return installation.workloads.map(\.name) }
        return [try installation.workload(service).name]
    }

    private static func split(_ types: String) -> Set<String> {
        Set(types.split(separator: ",").map { $0.trimmed.lowercased() })
    }

    private func follow(_ filter: EventFilter, after known: [Event], _ session: Session) async throws {
        var seen = Set(known.map(EventReport.key))
        for try await event in try session.client().watch(Event.self) {
            let news: [Event]
            switch event {
            case .listed(let all): news = all
            case .added(let one), .modified(let one): news = [one]
            case .deleted: news = []
            case .interrupted(let error):
                session.status.show("retrying: \(error.message)")
                continue
            }
            let own = news.filter { filter.includes($0) && seen.insert(EventReport.key($0)).inserted }
            session.status.clear()
            if !own.isEmpty { session.print(EventReport(events: own, now: session.now, hasTitles: false).document) }
        }
    }
}

extension Substring {
    fileprivate var trimmed: Substring { drop { $0 == " " } }
}

/// Events, as text and data.
struct EventReport {
    let events: [Event]
    let now: Timestamp
    var hasTitles = true

    /// Identifies one occurrence of an event.
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
            [events.isEmpty && hasTitles ? .lines([Text("no recent events", .faint)]) : table],
            data: ["events": .array(events.map(EventData.json))], names: events.map { "event/\($0.name)" })
    }
}

/// Selects events.
struct EventFilter: Sendable {
    /// Names of workloads; the names of their pods and ReplicaSets start with them.
    let names: [String]
    /// In lower case; nil for all.
    let types: Set<String>?

    func includes(_ event: Event) -> Bool {
        guard let object = event.involvedObject?.name else { return false }
        if let types, !types.contains((event.type ?? "").lowercased()) { return false }
        return names.contains { object == $0 || object.hasPrefix($0 + "-") }
    }
}

/// Events for programs.
enum EventData {
    static func json(_ event: Event) -> JSONValue {
        var json: JSONValue = [
            "type": .string(event.type ?? ""), "reason": .string(event.reason ?? ""), "message": .string(event.message ?? ""),
            "object": .string(object(event)), "count": .integer(event.occurrences),
        ]
        json["last_seen"] = event.lastSeen.map { .string($0.text) }
        return json
    }

    /// `pod/pixelflow-api-…`
    static func object(_ event: Event) -> String {
        "\(event.involvedObject?.kind?.lowercased() ?? "")/\(event.involvedObject?.name ?? "")"
    }
}
