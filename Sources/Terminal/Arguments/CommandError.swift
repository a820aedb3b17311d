/// The failure of a command, described in one sentence.
package struct CommandError: Error, Sendable, Hashable {
    package let status: ExitStatus
    package let message: String
    /// How to fix it.
    package let hint: String?

    package init(_ status: ExitStatus = .failed, _ message: String, hint: String? = nil) {
        self.status = status
        self.message = message
        self.hint = hint
    }

    /// Converts any error to one with a message for users.
    ///
    /// - Parameter explanation: nil for an error that it does not know.
    package init(_ error: any Error, explanation: (any Error) -> CommandError?) {
        switch error {
        case let failure as CommandError: self = failure
        case is CancellationError: self.init(.failed, "interrupted")
        default: self = explanation(error) ?? CommandError(.failed, "\(error)")
        }
    }
}

/// The exit status, the same for all commands and formats.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    case ok = 0
    /// The command or a check failed.
    case failed = 1
    /// The command line or the configuration of the command is invalid.
    case usage = 2
    /// The command has done its work and found a degraded state.
    case degraded = 3
    /// `--timeout` or `--request-timeout` has expired.
    case timedOut = 4
    /// A service, or its infrastructure, is unreachable or denies access.
    case unreachable = 5
}
