import ArgumentParser
import KubernetesClient
import Terminal

struct StatusCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows the status of the whole installation.",
        discussion: """
            Services, their pods and why some are not ready, the autoscaler with its lag, the servers behind them, \
            recent warnings, and the tasks of the account that is logged in. Exits with 3 if something is degraded.

            Examples:
              pfctl status
              pfctl status --watch
              pfctl status -o json | jq '.services[] | select(.settled | not)'
            """)

    @Flag(name: .shortAndLong, help: "Watch for changes.")
    var watch = false

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        guard !watch else {
            try await StatusWatch(session: session).run { session.redraw(StatusReport(status: $0).document) }
            return .ok
        }
        let status = try await StatusGathering(session: session).gather()
        session.print(StatusReport(status: status).document)
        return status.isDegraded ? .degraded : .ok
    }
}

/// Signals when to refresh: when an object of the installation has changed, or after some time.
struct StatusWatch: Sendable {
    /// Changes come in bursts: a rollout changes a deployment, its ReplicaSets and pods within a moment.
    private static let settling = Duration.milliseconds(250)
    /// Lag and counts change even if no Kubernetes object does.
    private static let longest = Duration.seconds(5)

    enum Signal: Sendable {
        case changed
        case interrupted(KubernetesError)
        case ended(any Error)
    }

    let session: Session

    /// Collects and draws until the task is cancelled, or until a watch cannot continue.
    func run(_ draw: @Sendable (InstallationStatus) -> Void) async throws {
        let client = try session.client()
        let (signals, continuation) = AsyncStream.makeStream(of: Signal.self, bufferingPolicy: .bufferingNewest(1))
        let gathering = StatusGathering(session: session)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await Self.follow(client.watch(Deployment.self, InstallationLabels.everything), continuation) }
            group.addTask { await Self.follow(client.watch(Pod.self, InstallationLabels.everything), continuation) }
            group.addTask {
                while !Task.isCancelled {
                    try await Task.sleep(for: Self.longest)
                    continuation.yield(.changed)
                }
            }
            defer { group.cancelAll() }
            draw(try await gathering.gather())
            for await signal in signals { try await take(signal, gathering, draw) }
        }
    }

    private func take(_ signal: Signal, _ gathering: StatusGathering, _ draw: (InstallationStatus) -> Void) async throws {
        switch signal {
        case .ended(let error): throw error
        case .interrupted(let error): session.status.show("the output may be stale: \(error.message)")
        case .changed:
            try await Task.sleep(for: Self.settling)
            do {
                let status = try await gathering.gather()
                session.status.clear()
                draw(status)
            } catch let error as KubernetesError where error.isTransient {
                session.status.show("the output may be stale: \(error.message)")
            }
        }
    }

    private static func follow<Object>(_ watch: WatchSequence<Object>, _ signals: AsyncStream<Signal>.Continuation) async {
        do {
            for try await event in watch {
                if case .interrupted(let error) = event { signals.yield(.interrupted(error)) } else { signals.yield(.changed) }
            }
        } catch is CancellationError {
            return
        } catch {
            signals.yield(.ended(error))
        }
    }
}
