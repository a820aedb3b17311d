package import Foundation

extension Process {
    /// Waits for the process to end; one that takes longer than `limit` is killed.
    ///
    /// - Throws: `DeadlineExceeded` with `what` after the limit.
    package func waitForExit(within limit: Duration = .testDeadline, _ what: String, file: String = #fileID, line: Int = #line) throws {
        let end = ContinuousClock.now + limit
        while isRunning {
            guard ContinuousClock.now < end else {
                kill(processIdentifier, SIGKILL)
                throw DeadlineExceeded(what, limit: limit, file: file, line: line)
            }
            Thread.sleep(forTimeInterval: 0.002)
        }
    }
}
