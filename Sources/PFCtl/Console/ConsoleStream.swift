/// Where text goes: a terminal, a pipe, a file, or a test's memory.
public protocol ConsoleStream: Sendable {
    /// Columns of the terminal; nil where there is none.
    var terminalWidth: Int? { get }
    /// Writes at once and in one piece.
    func write(_ text: String)
}

extension ConsoleStream {
    var isTerminal: Bool { terminalWidth != nil }
}

/// What a command talks to people through.
public struct Console: Sendable {
    /// Data.
    public let output: any ConsoleStream
    /// Status, warnings and errors.
    public let status: any ConsoleStream

    public init(output: any ConsoleStream, status: any ConsoleStream) {
        self.output = output
        self.status = status
    }

    /// The process' own streams.
    public static var standard: Console { Console(output: DescriptorStream(1), status: DescriptorStream(2)) }
}
