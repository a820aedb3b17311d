package import PixelFlowCore
package import PixelFlowFetch
import PixelFlowURL
package import WireFormats

/// How webhooks are sent.
package struct WebhookSettings: Sendable {
    static let allowedNetworksSetting = Setting<String>.text(
        "PIXELFLOW_WEBHOOK_ALLOW_NETWORKS",
        help: "CIDRs of the private networks to which webhooks may be sent. None by default.")

    static let pendingSetting = Setting<Int>.integer(
        "PIXELFLOW_WEBHOOK_PENDING", default: 100_000, in: 100...10_000_000,
        help: "Undelivered messages of one webhook. Beyond it, the oldest fail with `\(WebhookDelivery.givenUp)`; they can be replayed.")

    package static let descriptions: [SettingDescription] = [allowedNetworksSetting.description, pendingSetting.description]

    /// For a whole attempt, from the lookup to the end of the response.
    package static let timeout = Duration.seconds(15)

    /// Non-public networks to which webhooks may be sent.
    package var allowedNetworks: [NetworkRange]

    /// The number of pending deliveries that an endpoint may have.
    package var pendingLimit: Int

    package init(allowedNetworks: [NetworkRange] = [], pendingLimit: Int = 100_000) {
        self.allowedNetworks = allowedNetworks
        self.pendingLimit = pendingLimit
    }

    /// - Throws: `setting_invalid`, with the name of the invalid setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        let text = try settings[Self.allowedNetworksSetting]
        self.init(
            allowedNetworks: try NetworkRange.list(text, setting: Self.allowedNetworksSetting.description.name),
            pendingLimit: try settings[Self.pendingSetting])
    }

    /// - Throws: the errors of `GuardedPoster`.
    package func poster() throws -> GuardedPoster {
        try GuardedPoster(allowedNetworks: allowedNetworks, ports: .webhooks, timeout: Self.timeout, userAgent: "PixelFlow-Webhooks/1.0")
    }
}
