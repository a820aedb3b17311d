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
