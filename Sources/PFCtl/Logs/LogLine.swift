import KubernetesClient
import Terminal
import WireFormats

/// A line of a pod's log, with the timestamp added by the cluster.
struct LogLine: Sendable {
    let pod: String
    /// The time at which the container wrote the line; nil if the cluster did not add one.
    let time: Timestamp?
    /// The original text of the time, to the nanosecond, which orders the lines of a pod.
    let timeText: String
    let text: String

    /// - Parameter stamped: `2026-05-01T12:30:00.123456789Z text`
    init(pod: String, stamped: String) {
        self.pod = pod
        let space = stamped.firstIndex(of: " ")
        let first = space.map { String(stamped[..<$0]) } ?? stamped
        time = Timestamp(first)
        timeText = time == nil ? "" : first
        text = time == nil ? stamped : space.map { String(stamped[stamped.index(after: $0)...]) } ?? ""
    }
}

/// The display format of log lines. PixelFlow's own JSON lines are formatted; all others are shown unchanged.
struct LogLineFormat: Sendable {
    enum Form: Sendable {
        /// Formatted for humans.
        case readable
        /// The line as written by the container.
        case raw
        /// One JSON object per line, including the pod.
        case json
    }

    let form: Form
    let showsTimes: Bool
    /// The colours of pods.
    let accents: [String: Int]
    /// Whether all lines are from one pod, so that its name can be omitted.
    let isSingle: Bool

    func text(_ line: LogLine) -> Text {
        switch form {
        case .json: Text(json(line).text())
        case .raw: prefix(line) + Text(line.text)
        case .readable: prefix(line) + (readable(line) ?? Text(line.text))
        }
    }

    private func prefix(_ line: LogLine) -> Text {
        let pod = isSingle ? "" : Text(line.pod, .accent(accent(line.pod))) + " "
        return showsTimes ? Text(line.timeText + " ", .faint) + pod : pod
    }

    /// A pod that appeared later has no assigned colour, so it is derived from its name.
    private func accent(_ pod: String) -> Int {
        accents[pod] ?? pod.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF }
    }

    private func json(_ line: LogLine) -> JSONValue {
        let content = (try? JSONValue(parsing: Array(line.text.utf8))) ?? .string(line.text)
        return ["pod": .string(line.pod), "time": .string(line.timeText), "line": content]
    }

    /// `12:30:00 info  task completed  task_id=… ms=12`
    private func readable(_ line: LogLine) -> Text? {
        guard line.text.first == "{", let json = try? JSONValue(parsing: Array(line.text.utf8)), let fields = json.objectValue,
            let event = fields["event"]?.stringValue, let level = fields["level"]?.stringValue
        else { return nil }
        let time = (fields["ts"]?.stringValue).flatMap { $0.split(separator: "T").last?.prefix(8) } ?? ""
        let rest = fields.filter { !["event", "level", "ts", "service"].contains($0.key) }.sorted { $0.key < $1.key }
        let values = rest.map { Text(" \($0.key)=", .faint) + Text($0.value.stringValue ?? $0.value.text()) }
        let padded = level + String(repeating: " ", count: max(0, 7 - level.count))
        return Text(showsTimes ? "" : time + " ", .faint) + Text(padded + " ", Self.style(level)) + Text(event) + values.joined()
    }

    private static func style(_ level: String) -> Text.Style {
        switch level {
        case "critical", "error": .bad
        case "warning": .warning
        case "trace", "debug": .faint
        default: .good
        }
    }
}

/// The merged logs of several pods.
struct LogMerge: Sendable {
    let session: Session
    /// The options of each request; timestamps are always requested, because they determine the order.
    let options: LogOptions
    let includes: @Sendable (LogLine) -> Bool
    let show: @Sendable (LogLine) -> Void

    /// Shows the existing lines of all pods, oldest first.
    func showAll(of pods: [Pod]) async throws {
        let client = try session.client()
        let all = try await withThrowingTaskGroup(of: [LogLine].self) { group in
            for pod in pods {
                group.addTask { try await lines(of: pod.name, client) }
            }
            return try await group.reduce(into: [LogLine]()) { $0 += $1 }
        }
        // Lines of one pod with the same time keep their order.
        let ordered = all.enumerated().sorted {
            ($0.element.timeText, $0.element.pod, $0.offset) < ($1.element.timeText, $1.element.pod, $1.offset)
        }
        for (_, line) in ordered { show(line) }
    }

    private func lines(of pod: String, _ client: ClusterClient) async throws -> [LogLine] {
        var lines: [LogLine] = []
        do {
            for try await text in client.logs(pod, options) {
                let line = LogLine(pod: pod, stamped: text)
                if includes(line) { lines.append(line) }
            }
        } catch let error as KubernetesError where error.kind == .invalid || error.kind == .notFound {
            // A container that has not started has no log, and a pod may disappear while it is read.
            session.status.print(Text("\(pod): \(error.message)", .faint))
        }
        return lines
    }
}
