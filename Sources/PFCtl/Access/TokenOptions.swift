import ArgumentParser
import KubernetesClient
import PixelFlowClient
import PixelFlowCommands
import Terminal

/// The options of commands that call services with a token.
struct TokenOptions: ParsableArguments {
    /// A variable, because other processes can see a command line.
    static let variable = "PFCTL_TOKEN"
    static let hint = "run pfctl login, or set \(variable) to a PixelFlow token"

    @Option(help: ArgumentHelp("The token to use instead of $PFCTL_TOKEN and 'pfctl login'.", valueName: "token"))
    var token: String?

    /// The token of the options, of the environment, or of the last login, in this order.
    /// - Throws: `CommandError` if there is no token that is valid or renewable.
    func caller(in session: Session) throws -> ForwardedService.Caller {
        if let token, !token.isEmpty { return .token(token) }
        return try Self.ambient(in: session)
    }

    /// Runs a body with the api, as the owner of the token.
    func withAPI<Result: Sendable>(in session: Session, _ body: (ForwardedService) async throws -> Result) async throws -> Result {
        try await ForwardedService.using(.api, in: session, as: try caller(in: session), body)
    }

    /// Runs a body with auth, as the owner of the token.
    func withAuth<Result: Sendable>(in session: Session, _ body: (ForwardedService) async throws -> Result) async throws -> Result {
        try await ForwardedService.using(.auth, in: session, as: try caller(in: session), body)
    }

    /// The token of the environment, or of the last login.
    /// - Throws: `CommandError` if there is no token that is valid or renewable.
    static func ambient(in session: Session) throws -> ForwardedService.Caller {
        if let token = session.environment[variable], !token.isEmpty { return .token(token) }
        guard let store = try? session.logins(), let name = try? session.installationName() else {
            throw CommandError(.unreachable, "this command needs a login", hint: hint)
        }
        let login = StoredSession(store, name, clock: { session.date }, hint: hint) { refreshToken, email, _ in
            try await renewal(refreshToken, of: email, in: session)
        }
        return .login(try login.session())
    }

    /// Always renews with auth, although the rejected request may have gone to the api.
    private static func renewal(_ refreshToken: String, of email: String, in session: Session) async throws -> Login {
        try await ForwardedService.using(.auth, in: session, as: .anonymous) { auth in
            try await auth.call { client in
                do {
                    return try await client.refresh(refreshToken)
                } catch let problem as Problem where problem.code == "refresh_token_invalid" {
                    throw CommandError(.unreachable, "the login of \(email) has ended", hint: hint)
                }
            }
        }
    }
}

extension Session {
    /// The logins at all installations.
    /// - Throws: `CommandError` if the environment defines no folder for configuration.
    func logins() throws -> LoginStore {
        try LoginStore(environment: environment, folder: "pfctl", file: "tokens.json", layout: .logins)
    }

    /// Identifies an installation: the same cluster, user and namespace.
    func installationName() throws -> String {
        let configuration = try configuration()
        return "\(configuration.contextName ?? configuration.server)/\(configuration.namespace)"
    }
}
