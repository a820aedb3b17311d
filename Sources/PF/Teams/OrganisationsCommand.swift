import ArgumentParser
import FoundationEssentials
import PixelFlowClient
import PixelFlowCommands
import Terminal
import WireFormats

struct OrganisationsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "orgs", abstract: "Lists your organisations and switches between them.",
        subcommands: [OrganisationsListCommand.self, OrganisationsUseCommand.self])
}

struct OrganisationsListCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "Lists your organisations; a star marks the current one.",
        discussion: """
            Examples:
              pf orgs ls
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let client = try session.client()
        let organisations = try await client.organisations()
        let current = try await client.validate().tenant
        let rows = organisations.map { organisation in
            let name = organisation.deletedAt == nil ? organisation.name : "\(organisation.name) (deleted)"
            return Table.Row([
                Text(organisation.id == current ? "*" : ""), Text(organisation.id), Text(organisation.role ?? ""), Text(name),
            ])
        }
        session.printer.print(
            Document(
                [.table(Table(columns: [.init(""), .init("ID"), .init("ROLE"), .init("NAME", cut: .middle)], rows: rows))],
                data: ["current": .string(current), "organisations": .array(organisations.map(\.json))],
                names: organisations.map(\.reference)))
        return .ok
    }
}

struct OrganisationsUseCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "use", abstract: "Switches to another organisation.",
        discussion: """
            Examples:
              pf orgs use 019706d2-7c3e-7000-8000-000000000000
            """)

    @Argument(help: "The id of the organisation.") var id: ObjectArgument<Organisation>
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        guard session.environment["PIXELFLOW_TOKEN"]?.isEmpty != false else {
            throw CommandError(.usage, "the token in PIXELFLOW_TOKEN is for one organisation", hint: "unset it, and run pf login")
        }
        let id = try id.id
        let server = try session.serverURL()
        let stored = try session.login(at: server)
        guard let refreshToken = try stored.tokens().refreshToken else {
            throw CommandError(.unreachable, "the login at \(server) cannot be renewed", hint: "log in again with pf login")
        }
        try stored.keep(try await session.visitor(of: server).refresh(refreshToken, organisation: id))
        let reference = Organisation.reference(id)
        session.printer.print(.message(Text("\(reference) is in use"), data: ["organisation": .string(id)], names: [reference]))
        return .ok
    }
}
