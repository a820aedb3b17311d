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
        let status = await result(of: command, in: session)
        session.printer.status.clear()
        await session.close()
        return status
    }

    /// Cancels the command once its output cannot be written, because nobody would see what else it does. It removes its drafts, as after
    /// an interruption.
    private func result(of command: any TerminalCommand<Context>, in session: Context) async -> ExitStatus {
        let printer = session.printer
        let task = Task { try await command.run(in: session) }
        printer.output.onFailure { task.cancel() }
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        if let failure = printer.output.failure {
            if let error = failure.error { printer.report(error) }
            return .failed
        }
        do {
            return try result.get()
        } catch {
            let failure = CommandError(error, explanation: Context.explanation(of:))
            printer.report(failure)
            return failure.status
        }
    }
}
