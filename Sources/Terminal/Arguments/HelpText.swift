package import ArgumentParser

/// The parser's help in a more readable order.
package struct HelpText: Sendable {
    private static let globalTitle = "GLOBAL OPTIONS:"
    /// The width without a terminal, and the maximum on a terminal.
    private static let columns = (usual: 100, most: 120)

    private let globalUsage: String

    /// - Parameter globalUsage: the usage text of the options that all commands share. It is removed from usage lines, because the
    ///   help describes these options below.
    package init(globalUsage: [String]) { self.globalUsage = globalUsage.joined(separator: " ") }

    /// Prints the requested help or the parse error.
    package func explain(_ error: any Error, of root: any ParsableCommand.Type, _ console: Console) -> ExitStatus {
        let isHelp = root.exitCode(for: error).isSuccess
        let stream = isHelp ? console.output : console.status
        let columns = stream.terminalWidth.map { min($0, Self.columns.most) } ?? Self.columns.usual
        let text = readable(root.fullMessage(for: error, columns: columns), columns: columns) + "\n"
        guard isHelp else {
            try? stream.write(text)
            return .usage
        }
        let output = CommandOutput(stream)
        output.write(text)
        guard let failure = output.failure else { return .ok }
        if let error = failure.error { try? console.status.write("error: \(error.message)\n") }
        return .failed
    }

    private func readable(_ help: String, columns: Int) -> String {
        let lines = help.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return ownOptionsFirst(lines.flatMap { usage($0, columns) }).joined(separator: "\n")
    }

    private func usage(_ line: String, _ columns: Int) -> [String] {
        guard line.hasPrefix("USAGE: ") || line.hasPrefix("Usage: ") else { return [line] }
        return Text(line.replacing(globalUsage, with: "[<global options>]")).wrapped(to: columns, indent: 9).map(\.plain)
    }

    /// Moves the options that all commands share to the end, because readers see them with every command.
    private func ownOptionsFirst(_ lines: [String]) -> [String] {
        guard let start = lines.firstIndex(of: Self.globalTitle) else { return lines }
        let end = lines[start...].firstIndex(of: "") ?? lines.endIndex
        var rest = Array(lines[..<start] + lines[end...].dropFirst())
        while rest.last?.isEmpty ?? false { rest.removeLast() }
        return rest + [""] + lines[start..<end] + [""]
    }
}
