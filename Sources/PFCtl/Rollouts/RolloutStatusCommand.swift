import ArgumentParser
import KubernetesClient
import Terminal
import WireFormats

struct RolloutStatusCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows the status of a rollout until it completes.",
        discussion: """
            Examples:
              pfctl rollout status worker
              pfctl rollout status worker --timeout 2m
              pfctl rollout status worker --watch=false     Where it is now
            """)

    @Argument(help: "The service.") var service: String

    @Option(help: ArgumentHelp("Watch the rollout until it completes.", valueName: "true|false"))
    var watch = true

    @Option(help: ArgumentHelp("How long to watch; 0 means forever.", valueName: "duration"))
    var timeout: DurationArgument = .seconds(0)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let workload = try await Installation.find(in: session).workload(service)
        guard watch else {
            session.print(Self.report(workload))
            if case .failed = RolloutProgress(workload) { return .failed }
            return .ok
        }
        session.print(Self.report(try await RolloutWait(session: session).wait(for: workload, timeout: timeout.duration)))
        return .ok
    }

    private static func report(_ workload: Workload) -> Document {
        let revision = workload.revision.map { " (revision \($0))" } ?? ""
        var data: JSONValue = ["object": .string(workload.reference)]
        data["revision"] = workload.revision.map { .integer($0) }
        let text: Text
        switch RolloutProgress(workload) {
        case .complete:
            (text, data["rollout"]) = (Text("rolled out\(revision)", .good), "complete")
        case .underway(let what):
            (text, data["rollout"], data["message"]) = (Text(what, .warning), "underway", .string(what))
        case .failed(let why):
            (text, data["rollout"], data["message"]) = (Text(why, .bad), "failed", .string(why))
        }
        return .message(Text("\(workload.reference): ") + text, data: data, names: [workload.reference])
    }
}

/// Waits for a rollout to finish.
struct RolloutWait: Sendable {
    let session: Session

    /// - Throws: `CommandError` if it fails, is paused, or takes too long.
    @discardableResult
    func wait(for workload: Workload, timeout: Duration) async throws -> Workload {
        try await WorkloadWatch(session: session).wait(for: workload, timeout: timeout) { current in
            switch RolloutProgress(current) {
            case .complete: return .done
            case .failed(let why):
                throw CommandError(
                    .failed, "the rollout of \(current.component) is not progressing: \(why)",
                    hint: "pfctl status shows why; pfctl rollout undo \(current.component) rolls it back")
            case .underway(let what):
                guard !current.isPaused else {
                    throw CommandError(
                        .failed, "the rollout of \(current.component) is paused: \(what)",
                        hint: "pfctl rollout resume \(current.component) resumes it")
                }
                return .waiting(what)
            }
        }
    }
}
