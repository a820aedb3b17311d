/// Why a command failed, in a sentence.
package struct CommandError: Error, Sendable, Hashable {
    package let status: ExitStatus
    package let message: String
    /// What can be done about it.
    package let hint: String?

    package init(_ status: ExitStatus = .failed, _ message: String, hint: String? = nil) {
        self.status = status
        self.message = message
        self.hint = hint
    }
}

/// How a run ended, the same for every command and format.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    case ok = 0
    /// The command or a check failed.
    case failed = 1
    /// The command line, or what configures the command, makes no sense.
    case usage = 2
    /// The command did its work and found that not all is well.
    case degraded = 3
    /// `--timeout` or `--request-timeout` ran out.
    case timedOut = 4
    /// A service, or what it runs on, cannot be reached, or does not let this user do it.
    case unreachable = 5
}
