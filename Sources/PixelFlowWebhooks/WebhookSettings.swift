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

    /// From the name to the end of the answer.
    package static let timeout = Duration.seconds(15)

    /// Networks that may be posted to although they are not public.
    package var allowedNetworks: [NetworkRange]

    package init(allowedNetworks: [NetworkRange] = []) { self.allowedNetworks = allowedNetworks }

    /// - Throws: `setting_invalid`, with the name of the bad setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        let text = try settings[Self.allowedNetworksSetting]
        allowedNetworks = try NetworkRange.list(text, setting: Self.allowedNetworksSetting.description.name)
    }

    /// - Throws: what `GuardedPoster` throws.
    package func poster() throws -> GuardedPoster {
        try GuardedPoster(allowedNetworks: allowedNetworks, ports: .webhooks, timeout: Self.timeout, userAgent: "PixelFlow-Webhooks/1.0")
    }
}
