/// The configuration of a process: flags take precedence over environment variables, and these over defaults.
package struct Settings: Sendable {
    private let values: [String: String]

    /// - Parameters:
    ///   - arguments: `--api-port 8080` or `--api-port=8080`, for any setting in `known`.
    ///   - environment: empty variables count as unset.
    ///   - known: the settings that are available as flags.
    /// - Throws: `setting_unknown` or `setting_invalid`, with the flag as `field`.
    package init(arguments: [String] = [], environment: [String: String], known: [SettingDescription] = []) throws(PixelFlowError) {
        var values = environment.filter { !$0.value.isEmpty }
        let names = Dictionary(known.map { ($0.flag, $0.name) }, uniquingKeysWith: { first, _ in first })
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let name = names[parts[0]] else {
                throw .invalid(parts[0], "Unknown flag \(parts[0]); --help lists the flags.", code: "setting_unknown")
            }
            guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else {
                throw .invalid(parts[0], "\(parts[0]) needs a value.", code: "setting_invalid")
            }
            values[name] = value
        }
        self.values = values
    }

    /// The value of a setting.
    ///
    /// - Throws: `setting_invalid`, with the name of the setting as `field`.
    package subscript<Value>(_ setting: Setting<Value>) -> Value {
        get throws(PixelFlowError) { try setting.read(values[setting.description.name] ?? setting.description.defaultText) }
    }

    /// Whether the setting has a value.
    package func isSet<Value>(_ setting: Setting<Value>) -> Bool { values[setting.description.name] != nil }

    /// All values as environment variables, including flags, for code that reads its own settings.
    package var environment: [String: String] { values }
}
