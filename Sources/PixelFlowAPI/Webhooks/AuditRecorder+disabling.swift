import FoundationEssentials
package import PixelFlowCore

extension AuditRecorder {
    /// Records that PixelFlow disables an endpoint; auth mails its owners for the entry.
    @Sendable package func disabling(
        _ endpoint: WebhookEndpoint, _ write: @Sendable () async throws -> Bool
    ) async throws -> Bool {
        try await record(
            .webhookDisabled, in: endpoint.tenant, on: endpoint.id.rawValue, detail: endpoint.faultInWords,
            outcome: { $0 ? .done() : .nothing }, write)
    }
}

extension WebhookEndpoint {
    /// For example `Shop (hooks.example.com): it responded with 410 Gone`. Contains only the host of the URL, because the rest may be secret.
    fileprivate var faultInWords: String {
        let host = URL(string: url)?.host() ?? "the webhook"
        let name = description.isEmpty ? host : "\(description) (\(host))"
        let reason =
            switch fault {
            case .gone: "it responded with 410 Gone"
            case .failing: "every attempt has failed for \(Int(Self.failureLimit.components.seconds / 86_400)) days"
            case nil: "it is enabled"
            }
        return "\(name): \(reason)"
    }
}
