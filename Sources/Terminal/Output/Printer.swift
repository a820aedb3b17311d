import Synchronization

/// Prints the output of a command: data to stdout in the requested format, everything else to stderr.
package final class Printer: Sendable {
    package let format: OutputFormat
    package let status: StatusLine
    let output: CommandOutput
    private let palette: Palette
    private let hasPrinted = Mutex(false)

    package init(console: Console, format: OutputFormat, color: ColorChoice, environment: [String: String]) {
        output = CommandOutput(console.output)
        self.format = format
        palette = Palette(isColoured: Self.isColoured(color, console.output, environment))
        status = StatusLine(stream: console.status, palette: Palette(isColoured: Self.isColoured(color, console.status, environment)))
    }

    package var isInteractive: Bool { output.isTerminal }

    private static func isColoured(_ choice: ColorChoice, _ stream: any ConsoleStream, _ environment: [String: String]) -> Bool {
        switch choice {
        case .always: true
        case .never: false
        case .auto: stream.isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        }
    }

    private func rendered(_ document: Document) -> String {
        let renderer = DocumentRenderer(format: format, width: output.terminalWidth, palette: palette)
        let isFirst = hasPrinted.withLock { hasPrinted in
            defer { hasPrinted = true }
            return !hasPrinted
        }
        // Concatenated YAML documents without a separator would be one document with duplicate keys.
        return (format == .yaml && !isFirst ? "---\n" : "") + renderer.render(document)
    }

    /// Prints a document to stdout in the requested format.
    package func print(_ document: Document) {
        status.clear()
        output.write(rendered(document))
    }

    /// Prints a document over the previous one on a terminal, and below it in a pipe.
    package func redraw(_ document: Document) {
        let text = rendered(document)
        guard isInteractive else { return output.write(text) }
        // Move to the home position, then clear each line to its end and the rest below, to avoid flicker.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\u{1B}[K\n")
        output.write("\u{1B}[H" + lines + "\u{1B}[J")
    }

    /// Prints a line of a stream, such as a log.
    package func print(line: Text) {
        output.write(palette.render(line) + "\n")
    }

    /// Prints text without formatting it, such as a completion script.
    package func print(verbatim text: String) {
        output.write(text)
    }

    package func warn(_ message: String, hint: String? = nil) {
        status.print(Text("warning: ", .warning) + Text(message))
        if let hint { status.print(Text("hint: ", .faint) + Text(hint)) }
    }

    package func report(_ failure: CommandError) {
        status.clear()
        status.print(Text("error: ", .bad) + Text(failure.message))
        if let hint = failure.hint { status.print(Text("hint: ", .faint) + Text(hint)) }
    }
}
