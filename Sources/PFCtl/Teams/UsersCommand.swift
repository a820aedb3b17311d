import ArgumentParser
import PixelFlowClient
import Terminal
import WireFormats

struct UsersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users",
        abstract: "Lists, creates, disables and enables accounts.",
        discussion: """
            These commands use the service secret of the installation, which they read from its Secret.

            Examples:
              pfctl users create ada@example.com
              pfctl users disable ada@example.com
            """,
        subcommands: [
            UsersListCommand.self, UsersCreateCommand.self, UsersDisableCommand.self, UsersEnableCommand.self,
            UsersResetPasswordCommand.self,
        ])
}

struct UsersListCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "Lists all accounts.",
        discussion: """
            Examples:
              pfctl users ls
              pfctl users ls -o json | jq -r '.users[] | select(.disabled).email'
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let users = try await OperatorAccess.withAuth(in: session) { auth in try await auth.call { try await $0.users() } }
        session.print(TeamReport(now: session.date).document(users))
        return .ok
    }
}

struct UsersCreateCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Creates an account and prints a token with which its owner sets a password.",
        discussion: """
            Works in every registration mode. The token is shown only once, and can be used once, within an hour.

            Examples:
              pfctl users create ada@example.com
              pfctl users create ada@example.com -o json | jq -r .reset_token
            """)

    @Argument(help: "The email address of the account.") var email: String

    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws { try SecretOutput.check(global.output) }

    func run(in session: Session) async throws -> ExitStatus {
        guard change.dryRun == .none else {
            if change.dryRun == .server { try await checkIsFree(session) }
            let data: JSONValue = ["email": .string(email), "dry_run": .string(change.dryRun.rawValue)]
            session.print(.message(Text("user \(email) created\(change.suffix)"), data: data))
            return .ok
        }
        let (user, token) = try await OperatorAccess.withAuth(in: session) { auth in
            try await auth.call { try await $0.createUser(email: email) }
        }
        session.print(
            SecretOutput.document(
                "\(user.reference) created for \(user.email)", secret: token, SecretOutput.resetAdvice(user.email),
                data: ["user": user.json, "reset_token": .string(token)]))
        return .ok
    }

    private func checkIsFree(_ session: Session) async throws {
        let users = try await OperatorAccess.withAuth(in: session) { auth in try await auth.call { try await $0.users() } }
        guard !users.contains(where: { $0.email == email.lowercased() }) else {
            throw CommandError(.failed, "\(email) has an account")
        }
    }
}

struct UsersDisableCommand: UserChangeCommand {
    static let isDisabling = true
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Disables an account and ends its sessions within seconds.",
        discussion: """
            Its data and the API keys of its organisations are kept.

            Examples:
              pfctl users disable ada@example.com
            """)

    @OptionGroup var selection: UserSelection
    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions
}

struct UsersEnableCommand: UserChangeCommand {
    static let isDisabling = false
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Lets a disabled account sign in again.",
        discussion: """
            Examples:
              pfctl users enable ada@example.com
            """)

    @OptionGroup var selection: UserSelection
    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions
}

struct UsersResetPasswordCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset-password",
        abstract: "Prints a token with which the owner of an account sets a new password.",
        discussion: """
            The current password stays valid until the token is used. The token is shown only once, and can be used once, within an hour.

            Examples:
              pfctl users reset-password ada@example.com
              pfctl users reset-password ada@example.com --second-factor
            """)

    @Flag(help: "Also turn off the second factor, for someone who has lost the app and the recovery codes.")
    var secondFactor = false

    @OptionGroup var selection: UserSelection
    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws { try SecretOutput.check(global.output) }

    func run(in session: Session) async throws -> ExitStatus {
        let name = try selection.checked()
        guard !change.isClientOnly else {
            session.print(.message(Text("reset token created for \(name)\(change.suffix)"), data: ["dry_run": "client"]))
            return .ok
        }
        return try await OperatorAccess.withAuth(in: session) { auth in
            let user = try await selection.resolve(name, auth)
            guard change.dryRun == .none else {
                session.print(.message(Text("reset token created for \(user.email)\(change.suffix)"), data: ["dry_run": "server"]))
                return .ok
            }
            if secondFactor { try await auth.call { try await $0.removeSecondFactor(ofUser: user.id) } }
            let token = try await auth.call { try await $0.resetPassword(ofUser: user.id) }
            session.print(
                SecretOutput.document(
                    "reset token created for \(user.email)", secret: token, SecretOutput.resetAdvice(user.email),
                    data: ["user": user.json, "reset_token": .string(token)]))
            return .ok
        }
    }
}

/// Selects an account.
struct UserSelection: ParsableArguments {
    @Argument(help: "The email address or the id of the account.") var user: String

    /// - Throws: `CommandError` with `usage`, before anything is asked of the service.
    func checked() throws(CommandError) -> String {
        guard !user.isEmpty else { throw CommandError(.usage, "'' is neither the email address nor the id of any account") }
        return user
    }

    /// - Parameter user: also as `-o name` prints it.
    func resolve(_ user: String, _ auth: ForwardedService) async throws -> UserAccount {
        let users = try await auth.call { try await $0.users() }
        guard let found = users.first(where: { [$0.id, $0.reference].contains(user) || $0.email == user.lowercased() }) else {
            throw CommandError(.failed, "there is no account \(user)", hint: "pfctl users ls lists them")
        }
        return found
    }
}

/// A command that disables or enables an account.
protocol UserChangeCommand: SessionCommand {
    static var isDisabling: Bool { get }
    var selection: UserSelection { get }
    var change: ChangeOptions { get }
}

extension UserChangeCommand {
    func run(in session: Session) async throws -> ExitStatus {
        let name = try selection.checked()
        let done = Self.isDisabling ? "disabled" : "enabled"
        guard !change.isClientOnly else {
            session.print(
                .message(Text("user \(name) \(done)\(change.suffix)"), data: ["dry_run": "client"], names: []))
            return .ok
        }
        let user = try await OperatorAccess.withAuth(in: session) { auth in
            let user = try await selection.resolve(name, auth)
            guard change.dryRun == .none else { return user }
            return try await auth.call { try await $0.setDisabled(Self.isDisabling, user: user.id) }
        }
        session.print(
            .message(
                Text("\(user.reference) (\(user.email)) \(done)\(change.suffix)"),
                data: ["user": user.json, "dry_run": .string(change.dryRun.rawValue)], names: [user.reference]))
        return .ok
    }
}
