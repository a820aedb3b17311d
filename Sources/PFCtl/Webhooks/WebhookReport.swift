import FoundationEssentials
import PixelFlowClient
import PixelFlowCommands
import Terminal

/// Webhooks and deliveries, one per line.
struct WebhookReport {
    let now: Date

    func document(_ webhooks: [Webhook]) -> Document {
        .list(
            "webhooks", webhooks.map(\.json), names: webhooks.map { Webhook.reference($0.id) },
            columns: [
                .init("ID"), .init("STATE"), .init("AGE", .right, spare: .early), .init("URL", cut: .middle),
                .init("DESCRIPTION", wide: true), .init("EVENTS", cut: .wrap),
            ],
            rows: webhooks.map {
                [
                    Text($0.id), state(of: $0), age($0.createdAt), Text($0.url ?? ""), Text($0.description),
                    Text($0.events.joined(separator: " ")),
                ]
            })
    }

    func document(_ deliveries: [WebhookDelivery]) -> Document {
        .list(
            "deliveries", deliveries.map(\.json), names: deliveries.map { WebhookDelivery.reference($0.id) },
            columns: [
                .init("AGE", .right), .init("EVENT"), .init("STATE"), .init("ATTEMPTS", .right, spare: .late),
                .init("RESULT", spare: .late), .init("ID"),
            ],
            rows: deliveries.map {
                [
                    age($0.eventAt), Text($0.event), Text($0.state, $0.state == "failed" ? .bad : .plain), Text("\($0.attempts)"),
                    Text($0.latestResult ?? ""), Text($0.id),
                ]
            })
    }

    private func state(of webhook: Webhook) -> Text {
        if let reason = webhook.disabledReason { return Text(reason, .bad) }
        if !webhook.isEnabled { return Text("disabled") }
        return webhook.failingSince == nil ? Text("enabled") : Text("failing", .bad)
    }

    private func age(_ time: Date?) -> Text { .age(of: time, at: now) }
}
