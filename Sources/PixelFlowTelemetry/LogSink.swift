import Foundation
import Synchronization

/// Takes finished log lines. A line arrives whole and is never mixed with another.
package struct LogSink: Sendable {
    private let accept: @Sendable ([UInt8]) -> Void

    /// - Parameter accept: given each line, its newline included; called from any thread.
    package init(_ accept: @escaping @Sendable ([UInt8]) -> Void) {
        self.accept = accept
    }

    func write(_ line: [UInt8]) { accept(line) }

    package static let standardOutput = LogSink(descriptor: STDOUT_FILENO)
    package static let standardError = LogSink(descriptor: STDERR_FILENO)

    /// Writes to an open file descriptor, which the caller keeps open.
    package init(descriptor: Int32) {
        let lock = DescriptorLock()
        self.init { line in
            lock.mutex.withLock { _ in Self.writeAll(line, to: descriptor) }
        }
    }

    /// A log that cannot be written is lost: there is nowhere to report that.
    private static func writeAll(_ line: [UInt8], to descriptor: Int32) {
        line.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written > 0 {
                    rest = rest.dropFirst(written)
                } else if errno != EINTR {
                    return
                }
            }
        }
    }
}

/// A line longer than one `write` takes must not be cut by another thread's line.
private final class DescriptorLock: Sendable {
    let mutex = Mutex(())
}
