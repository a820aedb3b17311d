import ArgumentParser
public import KubernetesClient

/// The whole of `pfctl`, as its executable and its tests start it.
public enum CommandLineTool {
    /// Runs one command to its end.
    /// - Parameters:
    ///   - arguments: Without the program's name.
    ///   - environment: `KUBECONFIG`, `HOME`, `NO_COLOR` and so on, and what exec plugins are started with.
    ///   - clock: What ages are told by.
    /// - Returns: What the process exits with.
    public static func run(
        _ arguments: [String], console: Console = .standard, environment: [String: String],
        clock: @escaping @Sendable () -> Timestamp = { .now }
    ) async -> ExitStatus {
        do {
            let command = try RootCommand.parseAsRoot(arguments)
            guard let command = command as? any SessionCommand else {
                var group = command
                try group.run()
                return .ok
            }
            let session = Session(options: command.global, console: console, environment: environment, clock: clock)
            let status = await run(command, in: session)
            await session.close()
            return status
        } catch {
            return explain(error, console)
        }
    }

    private static func run(_ command: any SessionCommand, in session: Session) async -> ExitStatus {
        do {
            return try await command.run(in: session)
        } catch {
            let failure = CommandFailure(error)
            session.report(failure)
            return failure.status
        }
    }

    /// Help, or what is wrong with the command line.
    private static func explain(_ error: any Error, _ console: Console) -> ExitStatus {
        let isHelp = RootCommand.exitCode(for: error).isSuccess
        let stream = isHelp ? console.output : console.status
        let columns = stream.terminalWidth.map { min($0, 120) } ?? 100
        let message = RootCommand.fullMessage(for: error, columns: columns)
        stream.write(HelpText.readable(message, columns: columns) + "\n")
        return isHelp ? .ok : .usage
    }
}
