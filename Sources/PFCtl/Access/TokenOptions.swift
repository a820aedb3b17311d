import ArgumentParser
import KubernetesClient

/// What commands take that ask the services as somebody.
struct TokenOptions: ParsableArguments {
    /// Other processes see a command line, which a variable is kept from.
    static let variable = "PFCTL_TOKEN"

    @Option(help: ArgumentHelp("Whom to ask the services as, in place of $PFCTL_TOKEN and of 'pfctl login'.", valueName: "token"))
    var token: String?

    /// The token of the options, of the environment, or of the last login, in this order.
    /// - Throws: `CommandFailure` where there is none that is still good.
    func resolve(in session: Session) throws -> String {
        if let token, !token.isEmpty { return token }
        return try Self.ambient(in: session)
    }

    /// The token of the environment, or of the last login.
    /// - Throws: `CommandFailure` where there is none that is still good.
    static func ambient(in session: Session) throws -> String {
        if let token = session.environment[variable], !token.isEmpty { return token }
        let entry = try? TokenStore(environment: session.environment).entries()[TokenStore.key(session.configuration())]
        guard let entry else { throw Self.unknown("the api wants to know who asks") }
        guard entry.expires > session.now else { throw Self.unknown("the login of \(entry.email) has ended") }
        return entry.token
    }

    private static func unknown(_ what: String) -> CommandFailure {
        CommandFailure(.unreachable, what, hint: "pfctl login, or set \(variable) to a token of PixelFlow")
    }
}
