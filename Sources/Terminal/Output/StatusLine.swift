import Synchronization

/// The current activity on stderr: on a terminal, a line with a spinner that is redrawn in place; in a
/// pipe, a plain line for each change.
package final class StatusLine: Sendable {
    private static let frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
    private static let clearLine = "\r\u{1B}[K"

    private struct State {
        var text = ""
        var frame = 0
        var isDrawn = false
    }

    /// What cannot be written there is lost, because there is no other place to report that.
    private let stream: any ConsoleStream
    private let palette: Palette
    private let state = Mutex(State())

    package init(stream: any ConsoleStream, palette: Palette) {
        self.stream = stream
        self.palette = palette
    }

    package var isTerminal: Bool { stream.isTerminal }

    /// Shows what the command is waiting for. In a pipe, does not repeat equal text.
    /// - Parameter isPassing: Whether the text is only of momentary interest; it is then not written to a pipe.
    package func show(_ text: String, isPassing: Bool = false) {
        guard stream.isTerminal || !isPassing else { return }
        state.withLock { state in
            guard state.text != text else { return }
            state.text = text
            if stream.isTerminal { draw(&state) } else { try? stream.write(text + "\n") }
        }
    }

    /// Clears the line before other output.
    package func clear() {
        state.withLock { state in
            state.text = ""
            erase(&state)
        }
    }

    /// Prints a permanent line above the status line.
    package func print(_ text: Text) {
        state.withLock { state in
            erase(&state)
            let lines = stream.terminalWidth.map { text.wrapped(to: $0) } ?? [text]
            try? stream.write(lines.map { palette.render($0) + "\n" }.joined())
            if !state.text.isEmpty, stream.isTerminal { draw(&state) }
        }
    }

    /// Animates the spinner until `body` returns.
    package func spinning<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
        guard stream.isTerminal else { return try await body() }
        let spinner = Task {
            while !Task.isCancelled {
                state.withLock { if !$0.text.isEmpty { draw(&$0) } }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        defer {
            spinner.cancel()
            clear()
        }
        return try await body()
    }

    private func draw(_ state: inout State) {
        let frame = Self.frames[state.frame % Self.frames.count]
        state.frame += 1
        state.isDrawn = true
        let text = Text(frame, .accent(0)) + Text(" " + state.text)
        try? stream.write(Self.clearLine + palette.render(text.truncated(to: max(1, (stream.terminalWidth ?? 80) - 1))))
    }

    private func erase(_ state: inout State) {
        guard state.isDrawn else { return }
        state.isDrawn = false
        try? stream.write(Self.clearLine)
    }
}
