import WireFormats

/// A setting: its name, default, meaning and parser. It is declared next to the code
/// that uses it; the help text and `docs/configuration.md` are generated from it.
package struct Setting<Value: Sendable>: Sendable {
    package let description: SettingDescription
    private let parse: @Sendable (String) -> Value?

    /// - Parameters:
    ///   - name: the environment variable, with the prefix `PIXELFLOW_`.
    ///   - defaultText: parsed by `parse` like any other value.
    ///   - expected: completes the sentence "… must be …".
    ///   - isSecret: whether its value is never shown.
    ///   - parse: returns nil if the text is invalid.
    package init(
        _ name: String, default defaultText: String, expected: String, help: String, isSecret: Bool = false,
        parse: @escaping @Sendable (String) -> Value?
    ) {
        description = SettingDescription(name: name, defaultText: defaultText, expected: expected, help: help, isSecret: isSecret)
        self.parse = parse
    }

    /// - Throws: `setting_invalid`.
    package func read(_ text: String) throws(PixelFlowError) -> Value {
        guard let value = parse(text) else {
            throw description.rejection(of: text)
        }
        return value
    }
}

/// The documentation of a setting.
package struct SettingDescription: Sendable, Hashable {
    package let name: String
    package let defaultText: String
    package let expected: String
    package let help: String
    package let isSecret: Bool

    /// The error for an invalid value, which it shows unless that is secret.
    package func rejection(of text: String) -> PixelFlowError {
        let shown = isSecret ? "" : " is \"\(text)\"; it"
        return .invalid(name, "\(name)\(shown) must be \(expected).", code: "setting_invalid")
    }

    /// The command-line flag: `--api-port` for `PIXELFLOW_API_PORT`, and `--otel-service-name` for `OTEL_SERVICE_NAME`.
    package var flag: String {
        "--"
            + name.dropFirst(name.hasPrefix("PIXELFLOW_") ? "PIXELFLOW_".count : 0).lowercased().split(separator: "_").joined(
                separator: "-")
    }
}

extension Setting where Value == String {
    package static func text(_ name: String, default defaultText: String = "", help: String, isSecret: Bool = false) -> Setting {
        Setting(name, default: defaultText, expected: "a text", help: help, isSecret: isSecret) { $0 }
    }
}

extension Setting where Value == String {
    package static func httpURL(_ name: String, default defaultText: String, help: String) -> Setting {
        Setting(name, default: defaultText, expected: "an http or https URL", help: help) { HTTPURL.isOne($0) ? $0 : nil }
    }

    /// The URL of a service, to which paths are added. Its value has no slash at its end.
    package static func serviceURL(_ name: String, default defaultText: String, help: String) -> Setting {
        Setting(name, default: defaultText, expected: "an http or https URL without a query", help: help) { HTTPURL.base($0) }
    }
}

extension Setting where Value == Int {
    package static func integer(_ name: String, default value: Int, in range: ClosedRange<Int>, help: String) -> Setting {
        Setting(name, default: "\(value)", expected: "a whole number from \(range.lowerBound) to \(range.upperBound)", help: help) {
            Int($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    package static func port(_ name: String, default value: Int, help: String) -> Setting {
        integer(name, default: value, in: 1...65535, help: help)
    }
}

extension Setting where Value == Duration {
    /// A duration in whole seconds.
    package static func seconds(_ name: String, default value: Int, in range: ClosedRange<Int>, help: String) -> Setting {
        Setting(
            name, default: "\(value)", expected: "a whole number of seconds from \(range.lowerBound) to \(range.upperBound)", help: help
        ) { text in
            Int(text).flatMap { range.contains($0) ? .seconds($0) : nil }
        }
    }
}

extension Setting where Value: RawRepresentable, Value.RawValue == String {
    /// One of a few words; case-insensitive.
    package static func choice(_ name: String, default value: Value, of all: [Value], help: String) -> Setting {
        let words = all.map(\.rawValue)
        return Setting(name, default: value.rawValue, expected: "one of \(words.joined(separator: ", "))", help: help) { text in
            all.first { $0.rawValue == text.lowercased() }
        }
    }
}
