package import PixelFlowCore
package import PixelFlowFetch
import PixelFlowURL
package import WireFormats

/// How webhooks are sent.
package struct WebhookSettings: Sendable {
    static let allowedNetworksSetting = Setting<String>.text(
        "PIXELFLOW_WEBHOOK_ALLOW_NETWORKS",
        help: "CIDRs of the private networks to which webhooks may be sent. None by default.")

    package static let descriptions: [SettingDescription] = [allowedNetworksSetting.description]

    /// For a whole attempt, from the lookup to the end of the response.
    package static let timeout = Duration.seconds(15)

    /// Non-public networks to which webhooks may be sent.
    package var allowedNetworks: [NetworkRange]

    package init(allowedNetworks: [NetworkRange] = []) { self.allowedNetworks = allowedNetworks }

    /// - Throws: `setting_invalid`, with the name of the invalid setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        let text = try settings[Self.allowedNetworksSetting]
        allowedNetworks = try NetworkRange.list(text, setting: Self.allowedNetworksSetting.description.name)
    }

    /// - Throws: the errors of `GuardedPoster`.
    package func poster() throws -> GuardedPoster {
        try GuardedPoster(allowedNetworks: allowedNetworks, ports: .webhooks, timeout: Self.timeout, userAgent: "PixelFlow-Webhooks/1.0")
    }
}
