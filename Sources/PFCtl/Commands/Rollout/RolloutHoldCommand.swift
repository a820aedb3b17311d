import ArgumentParser

/// A command that holds a service's rollouts, or lets them go on.
protocol RolloutHoldCommand: SessionCommand {
    static var pauses: Bool { get }
    var service: String { get }
    var change: ChangeOptions { get }
}

extension RolloutHoldCommand {
    func run(in session: Session) async throws -> ExitStatus {
        let (workload, _) = try await Installation.find(in: session).deployment(service)
        session.print(try await RolloutChange(session: session, options: change).setPaused(Self.pauses, workload))
        return .ok
    }
}
