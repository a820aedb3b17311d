package import PixelFlowCore

extension TokenRules {
    static let issuerSetting = Setting<String>.text("PIXELFLOW_AUTH_ISSUER", default: "pixelflow", help: "The iss claim of tokens.")
    static let audienceSetting = Setting<String>.text("PIXELFLOW_AUTH_AUDIENCE", default: "pixelflow", help: "The aud claim of tokens.")

    package static let descriptions: [SettingDescription] = [issuerSetting.description, audienceSetting.description]

    package init(_ settings: Settings) throws(PixelFlowError) {
        self.init(issuer: try settings[Self.issuerSetting], audience: try settings[Self.audienceSetting])
    }
}
