import ArgumentParser
import PixelFlowClient
import PixelFlowCommands
import Terminal
import WireFormats

struct OrganisationsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "orgs",
        abstract: "Lists, shows, limits, deletes and restores organisations.",
        discussion: """
            These commands use the service secret of the installation, which they read from its Secret.

            Examples:
              pfctl orgs ls
              pfctl orgs show 019706d2-7c3e-7000-8000-000000000000
            """,
        subcommands: [
            OrganisationsListCommand.self, OrganisationsShowCommand.self, OrganisationsQuotaCommand.self, OrganisationsDeleteCommand.self,
            OrganisationsRestoreCommand.self,
        ])
}

struct OrganisationsListCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "Lists all organisations, including deleted ones that can be restored.",
        discussion: """
            Examples:
              pfctl orgs ls
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let all = try await OperatorAccess.withAuth(in: session) { auth in try await auth.call { try await $0.allOrganisations() } }
        session.print(TeamReport(now: session.date).document(all))
        return .ok
    }
}

struct OrganisationsShowCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows an organisation and its members.",
        discussion: """
            Examples:
              pfctl orgs show 019706d2-7c3e-7000-8000-000000000000
            """)

    @OptionGroup var selection: OrganisationSelection
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let id = try selection.id.id
        return try await OperatorAccess.withAuth(in: session) { auth in
            let organisation = try await selection.resolve(id, auth)
            let members = try await auth.call { try await $0.members(ofOrganisation: organisation.id) }
            session.print(TeamReport(now: session.date).document(organisation, members: members))
            return .ok
        }
    }
}

struct OrganisationsDeleteCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Deletes an organisation and everything in it; it can be restored for 7 days.",
        discussion: """
            Tokens and keys of the organisation are refused within seconds.

            Examples:
              pfctl orgs delete 019706d2-7c3e-7000-8000-000000000000 --dry-run server
              pfctl orgs delete 019706d2-7c3e-7000-8000-000000000000 --yes
            """)

    @Flag(help: "Confirm the deletion; without it only a dry run is allowed.") var yes = false

    @OptionGroup var selection: OrganisationSelection
    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        guard yes || change.dryRun != .none else {
            throw ValidationError("Confirm the deletion with --yes, or try it with --dry-run server.")
        }
    }

    func run(in session: Session) async throws -> ExitStatus {
        try await OrganisationChange(isDeleting: true, selection: selection, change: change).perform(in: session)
    }
}

struct OrganisationsRestoreCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Restores an organisation that was deleted less than 7 days ago.",
        discussion: """
            Examples:
              pfctl orgs restore 019706d2-7c3e-7000-8000-000000000000
            """)

    @OptionGroup var selection: OrganisationSelection
    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        try await OrganisationChange(isDeleting: false, selection: selection, change: change).perform(in: session)
    }
}

/// Selects an organisation.
struct OrganisationSelection: ParsableArguments {
    @Argument(help: "The id of the organisation.") var id: ObjectArgument<Organisation>

    func resolve(_ id: String, _ auth: ForwardedService) async throws -> Organisation {
        guard let found = try await auth.call({ try await $0.allOrganisations() }).first(where: { $0.id == id }) else {
            throw CommandError(.failed, "there is no organisation \(id)", hint: "pfctl orgs ls lists them")
        }
        return found
    }
}

/// Deletes or restores an organisation.
private struct OrganisationChange {
    let isDeleting: Bool
    let selection: OrganisationSelection
    let change: ChangeOptions

    func perform(in session: Session) async throws -> ExitStatus {
        let id = try selection.id.id
        if !change.isClientOnly {
            try await OperatorAccess.withAuth(in: session) { auth in
                let organisation = try await selection.resolve(id, auth)
                guard change.dryRun == .none else { return }
                try await auth.call { try await $0.setDeleted(isDeleting, organisation: organisation.id) }
            }
        }
        let reference = Organisation.reference(id)
        session.print(
            .message(
                Text("\(reference) \(isDeleting ? "deleted" : "restored")\(change.suffix)"),
                data: ["organisation": .string(id), "deleted": .bool(isDeleting), "dry_run": .string(change.dryRun.rawValue)],
                names: [reference]))
        return .ok
    }
}
