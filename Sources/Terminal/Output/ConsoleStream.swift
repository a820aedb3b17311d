#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Where text goes: a terminal, a pipe, a file, or a test's memory.
package protocol ConsoleStream: Sendable {
    /// Columns of the terminal; nil if there is none.
    var terminalWidth: Int? { get }
    /// Writes at once and in one piece.
    func write(_ text: String)
}

extension ConsoleStream {
    package var isTerminal: Bool { terminalWidth != nil }
}

/// The output and input of a command.
package struct Console: Sendable {
    /// Data.
    package let output: any ConsoleStream
    /// Status, warnings and errors.
    package let status: any ConsoleStream

    package init(output: any ConsoleStream, status: any ConsoleStream) {
        self.output = output
        self.status = status
    }

    /// The process' own streams.
    package static var standard: Console { Console(output: DescriptorStream(1), status: DescriptorStream(2)) }
}

/// One of the process' own streams, written to without a buffer.
package struct DescriptorStream: ConsoleStream {
    /// Used if a terminal does not report its size, such as a serial one.
    private static let usualWidth = 80

    package let descriptor: Int32

    package init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    package var terminalWidth: Int? {
        guard isatty(descriptor) == 1 else { return nil }
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return Self.usualWidth }
        return Int(size.ws_col)
    }

    /// The reader of stdout may be gone, such as `head` after its lines; that is not an error.
    package func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { posixWrite(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                bytes = bytes.dropFirst(count)
            } else if errno == EPIPE {
                exit(ExitStatus.failed.rawValue)
            } else if errno != EINTR && errno != EAGAIN {
                return
            }
        }
    }
}

private func posixWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
