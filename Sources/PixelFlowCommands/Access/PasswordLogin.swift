package import PixelFlowClient
package import Terminal

/// Logs in with a password, and with a code if the account has a second factor. Both come from variables or stdin.
package struct PasswordLogin: Sendable {
    private let email: String
    /// Of the variables: `PFCTL` for `PFCTL_PASSWORD` and `PFCTL_CODE`.
    private let prefix: String
    private let environment: [String: String]
    private let status: StatusLine

    package init(_ email: String, prefix: String, environment: [String: String], status: StatusLine) {
        self.email = email
        self.prefix = prefix
        self.environment = environment
        self.status = status
    }

    package func password() async throws -> String {
        try await PasswordPrompt.read(for: email, variable: "\(prefix)_PASSWORD", environment: environment, status: status)
    }

    package func perform(_ password: String, _ client: PixelFlowClient) async throws -> Login {
        try await client.logIn(email: email, password: password) {
            try await PasswordPrompt.readCode(for: email, variable: "\(prefix)_CODE", environment: environment, status: status)
        }
    }
}

/// Ends a session before its tokens are deleted.
package enum SessionEnd {
    /// The time limit, because the server may be gone.
    package static let timeout = Duration.seconds(5)

    /// Warns if the session goes on.
    ///
    /// - Parameters:
    ///   - location: such as ` at https://images.example.com`.
    ///   - session: of the command.
    package static func attempt<Context: CommandContext>(
        at location: String = "", _ session: Context, _ body: () async throws -> Void
    ) async {
        do {
            try await body()
        } catch {
            let failure = CommandError(error, explanation: Context.explanation(of:))
            session.printer.warn(
                "the session\(location) has not been ended: \(failure.message)",
                hint: "end it on the page under Account, or change the password")
        }
    }
}
