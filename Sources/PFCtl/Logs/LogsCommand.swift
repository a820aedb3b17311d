import ArgumentParser
import KubernetesClient
import Terminal

struct LogsCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Shows the merged logs of all pods of a service or of all services.",
        discussion: """
            Formats PixelFlow's own lines for reading; --raw and -o json leave them unchanged.

            Examples:
              pfctl logs worker --follow
              pfctl logs --since 10m
              pfctl logs --task 019706d2-7c3e-7000-8000-000000000000
              pfctl logs api --previous --tail 50
            """)

    private static let usualTail = 100

    @Argument(help: "The service; all PixelFlow services by default.") var service: String?

    @Flag(name: .shortAndLong, help: "Follow the logs, including those of new pods.")
    var follow = false

    @Option(name: .customLong("task"), help: ArgumentHelp("Only lines about this task.", valueName: "id"))
    var task: String?

    @Option(help: ArgumentHelp("Only lines newer than this.", valueName: "duration"))
    var since: DurationArgument?

    @Option(
        help: ArgumentHelp(
            "The number of most recent lines of each pod; -1 means all. (default: 100, or all with --since or --task)", valueName: "lines"))
    var tail: Int?

    @Flag(name: .shortAndLong, help: "Show the logs from before the last restart of each container.")
    var previous = false

    @Flag(help: "Prefix each line with its timestamp.")
    var timestamps = false

    @Flag(help: "Print lines exactly as they were logged.")
    var raw = false

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        guard !(follow && previous) else { throw ValidationError("--previous cannot be combined with --follow.") }
        guard [.table, .wide, .json].contains(global.output) else {
            throw ValidationError(
                "Logs support only the default output and -o json.")
        }
    }

    func run(in session: Session) async throws -> ExitStatus {
        async let found = Installation.find(in: session)
        async let listed = session.client().list(Pod.self, in: .current, InstallationLabels.everything)
        let installation = try await found
        let workloads = try service.map { [try installation.workload($0)] } ?? installation.services
        let release = installation.release
        // `worker` also selects its pools.
        let isWanted: @Sendable (Pod) -> Bool = { pod in
            pod.metadata.release == release
                && workloads.contains { $0.component == pod.metadata.component || $0.owns(pod.metadata.labels) }
        }
        let pods = try await listed.items.filter(isWanted).sorted { $0.name < $1.name }
        let merge = merge(session, format: format(pods.map(\.name)))
        guard follow else {
            try await merge.showAll(of: pods)
            return .ok
        }
        try await LogFollower(merge: merge, selector: InstallationLabels.everything, isWanted: isWanted).run()
        return .ok
    }

    private func merge(_ session: Session, format: LogLineFormat) -> LogMerge {
        var options = LogOptions(since: since?.duration)
        options.timestamps = true
        options.previous = previous
        let lines = tail ?? (since == nil && task == nil ? Self.usualTail : -1)
        options.tail = lines < 0 ? nil : lines
        let task = task
        return LogMerge(session: session, options: options) { line in
            task.map { line.text.contains($0) } ?? true
        } show: { line in
            session.print(line: format.text(line))
        }
    }

    private func format(_ pods: [String]) -> LogLineFormat {
        let form: LogLineFormat.Form = global.output == .json ? .json : raw ? .raw : .readable
        let accents = Dictionary(uniqueKeysWithValues: pods.enumerated().map { ($1, $0) })
        return LogLineFormat(form: form, showsTimes: timestamps, accents: accents, isSingle: pods.count == 1 && !follow)
    }
}
