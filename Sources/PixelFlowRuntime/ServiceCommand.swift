import Foundation
package import Logging
import OTLP
package import PixelFlowCore
import PixelFlowRelease
package import PixelFlowTelemetry
package import ServiceLifecycle

/// The entry point of every service: reads the settings, sets up logs and metrics, builds the service and runs it.
package struct ServiceCommand: Sendable {
    /// The name of the executable, for example `pixelflow-api`.
    package let name: String
    /// One sentence, without the name.
    package let summary: String
    /// All settings that the service reads.
    package let settings: [SettingDescription]
    private let port: Setting<Int>

    /// - Parameters:
    ///   - port: the port with the probes, such as `ListenSettings.apiPort`.
    ///   - settings: in addition to the settings of listening, logs and traces.
    package init(name: String, summary: String, port: Setting<Int>, settings: [SettingDescription]) {
        self.name = name
        self.summary = summary
        self.port = port
        self.settings = (ListenSettings.descriptions(port) + settings + LogSettings.descriptions + TraceSettings.descriptions).reduce(
            into: []) { all, each in
                if !all.contains(each) { all.append(each) }
            }
    }

    /// Runs until the service ends. Exit codes: 0 for a requested stop, 2 for an invalid setting, 1 for everything else.
    /// With `--probe` it checks whether the running service is ready: 0, or 1 and the reason.
    ///
    /// - Parameter build: builds the service; its errors are printed in one line.
    package func run(_ build: (Settings, ListenSettings, Logger) async throws -> ServiceGroup) async -> Never {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.contains("--help") || arguments.contains("-h") { finish(saying: help) }
        if arguments.contains("--version") { finish(saying: "\(name) \(Release.version)") }
        do {
            let settings = try Settings(
                arguments: arguments.filter { $0 != Self.probe }, environment: ProcessInfo.processInfo.environment, known: settings)
            let listen = try ListenSettings(settings, port: port)
            if arguments.contains(Self.probe) { finish(saying: try await ReadinessProbe(listen: listen).ask()) }
            FileDescriptors.raise()
            let traces = try TraceSettings.configuration(settings, service: name, version: Release.version)
            Telemetry.bootstrap(
                service: name, settings: try LogSettings(settings), metadata: traces == nil ? nil : .openTelemetry)
            let tracing = traces.map { TraceSettings.bootstrap($0, version: Release.version) }
            let ending: Result<Void, any Error>
            do { ending = .success(try await build(settings, listen, Logger(label: name)).run()) } catch { ending = .failure(error) }
            // Includes the spans of the last requests.
            await tracing?.shutdown()
            try ending.get()
            exit(0)
        } catch {
            let known = PixelFlowError.unexpected(error)
            let cause = known.cause.map { " (\($0))" } ?? ""
            FileHandle.standardError.write(Data("\(name): \(known.message)\(cause)\n".utf8))
            exit(known.code.hasPrefix("setting_") ? 2 : 1)
        }
    }

    /// Unbuffered, because the buffer of `print` would hold the text back in a pipe.
    package static func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

    private func finish(saying text: String) -> Never {
        Self.say(text)
        exit(0)
    }

    private static let probe = "--probe"

    private var help: String {
        """
        \(name): \(summary)

        USAGE: \(name) [--FLAG VALUE ...]
               \(name) --probe    Ask the one that runs here whether it is ready.
               \(name) --version

        Each flag can also be set by the environment variable beside it.

        \(settings.map(Self.line).joined(separator: "\n"))
        """
    }

    private static func line(_ setting: SettingDescription) -> String {
        let preset = setting.defaultText.isEmpty ? "" : " Default: \(setting.defaultText)."
        return "  \(setting.flag), \(setting.name)\n      \(setting.help)\(preset)"
    }
}
