package import PixelFlowCore
import PixelFlowURL

extension FetchSettings {
    static let allowedNetworksSetting = Setting<String>.text(
        "PIXELFLOW_FETCH_ALLOW_NETWORKS", help: "CIDRs of the private networks from which sources may be fetched. None by default.")

    package static let descriptions: [SettingDescription] = [allowedNetworksSetting.description] + AllowedPorts.descriptions

    /// - Throws: `setting_invalid`, with the name of the bad setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        self.init(
            allowedNetworks: try NetworkRange.list(try settings[Self.allowedNetworksSetting]), ports: try AllowedPorts(settings))
    }
}
