package import PixelFlowCore
import PixelFlowURL
import WireFormats

extension FetchSettings {
    static let allowedNetworksSetting = Setting<String>.text(
        "PIXELFLOW_FETCH_ALLOW_NETWORKS", help: "Private networks that sources may be fetched from, as a list of CIDRs. None by default.")

    package static let descriptions: [SettingDescription] = [allowedNetworksSetting.description] + AllowedPorts.descriptions

    /// - Throws: `setting_invalid`, with the name of the bad setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        self.init(
            allowedNetworks: try NetworkRange.list(try settings[Self.allowedNetworksSetting]), ports: try AllowedPorts(settings))
    }
}
