import ArgumentParser

/// A command that does one thing to tasks.
protocol TaskChangeCommand: SessionCommand {
    static var action: TaskAction { get }
    var change: ChangeOptions { get }
    var access: TokenOptions { get }
    func ids(_ service: TaskService) async throws -> [String]
}

extension TaskChangeCommand {
    func run(in session: Session) async throws -> ExitStatus {
        try await TaskService.using(session, access) { service in
            let changes = TaskChanges(session: session, service: service, change: change)
            return try await changes.perform(Self.action, on: try await ids(service))
        }
    }
}
