import ArgumentParser
import PixelFlowClient
import PixelFlowCommands
import Terminal
import WireFormats

struct OrganisationsQuotaCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "quota",
        abstract: "Shows or changes the quota of an organisation.",
        discussion: """
            Without options it shows the quota. An option changes only its own value; "unlimited" removes the limit. Every replica of the \
            api follows within 10 seconds.

            Examples:
              pfctl orgs quota 019706d2-7c3e-7000-8000-000000000000
              pfctl orgs quota 019706d2-7c3e-7000-8000-000000000000 --tasks-per-month 100000 --retention-days 30
              pfctl orgs quota 019706d2-7c3e-7000-8000-000000000000 --bytes-stored unlimited
            """)

    @Argument(help: "The id of the organisation.") var id: ObjectArgument<Organisation>

    @Option(help: ArgumentHelp("Tasks in a calendar month (UTC).", valueName: "number"))
    var tasksPerMonth: QuotaArgument?

    @Option(help: ArgumentHelp("Tasks that wait or are being processed.", valueName: "number"))
    var tasksInFlight: QuotaArgument?

    @Option(help: ArgumentHelp("Bytes of stored sources and outputs.", valueName: "bytes"))
    var bytesStored: QuotaArgument?

    @Option(help: ArgumentHelp("Maximum size of an upload in bytes.", valueName: "bytes"))
    var sourceBytes: QuotaArgument?

    @Option(help: ArgumentHelp("Days after which finished tasks are deleted.", valueName: "days"))
    var retentionDays: QuotaArgument?

    @Option(help: ArgumentHelp("The weight of the organisation when tasks compete, 1 to 1000.", valueName: "number")) var weight: Int?

    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let id = try id.id
        return try await OperatorAccess.withService(.api, in: session) { api in
            var quota = try await api.call { try await $0.quota(ofOrganisation: id) }
            if isChange {
                apply(to: &quota)
                if change.dryRun == .none {
                    let wanted = quota
                    quota = try await api.call { try await $0.setQuota(wanted, ofOrganisation: id) }
                }
            }
            session.print(TeamReport(now: session.date).document(quota, of: id, suffix: isChange ? change.suffix : ""))
            return .ok
        }
    }

    private var isChange: Bool {
        [tasksPerMonth, tasksInFlight, bytesStored, sourceBytes, retentionDays].contains { $0 != nil } || weight != nil
    }

    private func apply(to quota: inout Quota) {
        if let tasksPerMonth { quota.tasksPerMonth = tasksPerMonth.value }
        if let tasksInFlight { quota.tasksInFlight = tasksInFlight.value }
        if let bytesStored { quota.bytesStored = bytesStored.value }
        if let sourceBytes { quota.sourceBytes = sourceBytes.value }
        if let retentionDays { quota.retentionDays = retentionDays.value }
        if let weight { quota.weight = weight }
    }
}

/// An integer, or `unlimited`.
struct QuotaArgument: ExpressibleByArgument, Sendable {
    let value: Int?

    init?(argument: String) {
        if argument == "unlimited" {
            value = nil
        } else {
            guard let number = Int(argument), number >= 0 else { return nil }
            value = number
        }
    }
}
