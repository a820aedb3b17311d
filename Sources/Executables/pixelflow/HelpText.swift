import PixelFlowCore

/// What the executable says of itself.
enum HelpText {
    static let allInOne = """
        pixelflow: all services of PixelFlow in one process, on files in one folder.

        USAGE: pixelflow [--FLAG VALUE ...]

        Each flag can also be set by the environment variable beside it.

        \(AllInOneSettings.all.map(line).joined(separator: "\n"))
        """

    private static func line(_ setting: SettingDescription) -> String {
        let preset = setting.defaultText.isEmpty ? "" : " Default: \(setting.defaultText)."
        return "  \(setting.flag), \(setting.name)\n      \(setting.help)\(preset)"
    }

    static func addresses(_ settings: AllInOneSettings) -> String {
        let host = settings.host == "0.0.0.0" ? "localhost" : settings.host
        return """
            PixelFlow is ready.
              web     http://\(host):\(settings.ports.web)
              auth    http://\(host):\(settings.ports.auth)
              api     http://\(host):\(settings.ports.api)
              worker  http://\(host):\(settings.ports.worker)/readyz
              data    \(settings.data)
            Ctrl-C stops it.
            """
    }
}
