package import ArgumentParser

/// A command that runs with a session and returns its exit status.
package protocol TerminalCommand<Context>: ParsableCommand, Sendable {
    associatedtype Context: CommandContext
    var global: Context.Options { get }
    /// - Throws: any error; `CommandContext.explanation(of:)` converts it to a message and an exit status.
    func run(in session: Context) async throws -> ExitStatus
}

/// The dependencies of the commands of one executable.
package protocol CommandContext: Sendable {
    /// The options of every command.
    associatedtype Options: ParsableArguments
    var printer: Printer { get }
    /// Converts an error to one with a message for users; nil for an unknown one.
    static func explanation(of error: any Error) -> CommandError?
    /// Ends what the session has started, after the command.
    func close() async
}

extension CommandContext {
    package func close() async {}
}

/// Runs the commands of one executable.
package struct CommandFrame<Context: CommandContext>: Sendable {
    private let root: any ParsableCommand.Type
    private let help: HelpText

    /// - Parameter globalUsage: the usage text of the options that all commands share.
    package init(_ root: any ParsableCommand.Type, globalUsage: [String]) {
        self.root = root
        help = HelpText(globalUsage: globalUsage)
    }

    /// Runs one command, or prints the requested help or the parse error.
    ///
    /// - Parameter arguments: without the program's name.
    package func run(_ arguments: [String], console: Console, session: (Context.Options) -> Context) async -> ExitStatus {
        do {
            let command = try root.parseAsRoot(arguments)
            guard let command = command as? any TerminalCommand<Context> else {
                var group = command
                try group.run()
                return .ok
            }
            return await run(command, in: session(command.global))
        } catch {
            return help.explain(error, of: root, console)
        }
    }

    private func run(_ command: any TerminalCommand<Context>, in session: Context) async -> ExitStatus {
        let status: ExitStatus
        do {
            status = try await command.run(in: session)
        } catch {
            let failure = CommandError(error, explanation: Context.explanation(of:))
            session.printer.report(failure)
            status = failure.status
        }
        session.printer.status.clear()
        await session.close()
        return status
    }
}
