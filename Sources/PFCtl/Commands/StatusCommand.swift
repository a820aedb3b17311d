import ArgumentParser

struct StatusCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows the whole installation at a glance.",
        discussion: """
            Services, their pods and why some are not ready, the autoscaler with its lag, the servers behind them, \
            recent warnings, and the tasks of whoever has logged in. Exits with 3 where something is not as it should be.

            Examples:
              pfctl status
              pfctl status --watch
              pfctl status -o json | jq '.services[] | select(.settled | not)'
            """)

    @Flag(name: .shortAndLong, help: "Go on, and show every change.")
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
