import ArgumentParser

/// A command that does something: it gets all that it needs handed in, and says how it ended.
protocol SessionCommand: ParsableCommand, Sendable {
    var global: GlobalOptions { get }
    /// - Throws: Anything; `CommandFailure` makes a sentence and an exit status of it.
    func run(in session: Session) async throws -> ExitStatus
}
