import ArgumentParser
import PixelFlowClient
import PixelFlowCommands
import Terminal
import WireFormats

struct WebhooksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhooks",
        abstract: "Shows webhooks and their deliveries, and redelivers.",
        discussion: """
            Webhooks belong to the organisation of the token: see pfctl login.

            Examples:
              pfctl webhooks ls
              pfctl webhooks deliveries 019706d2-7c3e-7000-8000-000000000000 --state failed
            """,
        subcommands: [WebhooksListCommand.self, WebhooksDeliveriesCommand.self, WebhooksReplayCommand.self])
}

struct WebhooksListCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "Lists the webhooks of the organisation, oldest first.",
        discussion: """
            Examples:
              pfctl webhooks ls
            """)

    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let webhooks = try await access.withAPI(in: session) { api in try await api.call { try await $0.webhooks() } }
        session.print(WebhookReport(now: session.date).document(webhooks))
        return .ok
    }
}

struct WebhooksDeliveriesCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliveries",
        abstract: "Lists the deliveries to a webhook, newest first.",
        discussion: """
            The webhook 'default' has the deliveries to the webhook_url of tasks.

            Examples:
              pfctl webhooks deliveries default
              pfctl webhooks deliveries 019706d2-7c3e-7000-8000-000000000000 --state failed --limit 0
            """)

    enum State: String, CaseIterable, ExpressibleByArgument {
        case pending, delivered, failed
    }

    @Argument(help: "The webhook.") var id: ObjectArgument<Webhook>

    @Option(help: ArgumentHelp("Only deliveries in this state.", valueName: "state"))
    var state: State?

    @OptionGroup var limit: ListLimit
    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let id = try id.id
        let deliveries = try await access.withAPI(in: session) { api in
            try await api.call { try await $0.deliveries(toWebhook: id, state: state?.rawValue, upTo: limit.count) }
        }
        session.print(WebhookReport(now: session.date).document(deliveries))
        return .ok
    }
}

struct WebhooksReplayCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Redelivers some deliveries, or all that have failed since a time.",
        discussion: """
            Deliveries keep their ids, by which a receiver recognises repeated messages.

            Examples:
              pfctl webhooks replay 019706d2-7c3e-7000-8000-000000000000 --since 2026-05-01T00:00:00Z
              pfctl webhooks replay default msg_019706d2-7c3e-7000-8000-000000000000_1_default
            """)

    @Argument(help: "The webhook.") var id: ObjectArgument<Webhook>
    @Argument(help: "The deliveries.") var deliveries: [ObjectArgument<WebhookDelivery>] = []

    @Option(help: ArgumentHelp("All that have failed since this time (RFC 3339).", valueName: "time"))
    var since: String?

    @OptionGroup var change: ChangeOptions
    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        guard deliveries.isEmpty == (since != nil) else { throw ValidationError("Name the deliveries, or give --since.") }
    }

    func run(in session: Session) async throws -> ExitStatus {
        let (id, deliveries) = (try id.id, try deliveries.ids())
        let count =
            change.dryRun == .none ? try await replay(deliveries, of: id, in: session) : try await rehearse(deliveries, of: id, in: session)
        let data: JSONValue = ["replayed": .integer(count), "dry_run": .string(change.dryRun.rawValue)]
        session.print(.message(Text("\(count.counted("delivery", "deliveries")) replayed\(change.suffix)"), data: data))
        return .ok
    }

    private func replay(_ deliveries: [String], of id: String, in session: Session) async throws -> Int {
        try await access.withAPI(in: session) { api in
            if let since { return try await api.call { try await $0.replayFailed(toWebhook: id, since: since) } }
            for delivery in deliveries { try await api.call { try await $0.replay(delivery: delivery, toWebhook: id) } }
            return deliveries.count
        }
    }

    /// The service has no dry run, but the list gives an upper bound of the number of failed deliveries.
    private func rehearse(_ deliveries: [String], of id: String, in session: Session) async throws -> Int {
        guard change.dryRun == .server else { return deliveries.count }
        let failed = try await access.withAPI(in: session) { api in
            try await api.call { try await $0.deliveries(toWebhook: id, state: since == nil ? nil : "failed") }
        }
        return since == nil ? failed.filter { deliveries.contains($0.id) }.count : failed.count
    }
}
