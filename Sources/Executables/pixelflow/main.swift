import Foundation
import Logging
import PixelFlowCore
import PixelFlowImaging
import PixelFlowTelemetry
import ServiceLifecycle

// A render process is this same executable; it never comes back from here.
RenderProcess.runIfRequested(CommandLine.arguments)

let arguments = Array(CommandLine.arguments.dropFirst())
if arguments.contains("--help") || arguments.contains("-h") {
    print(HelpText.allInOne)
    exit(0)
}

do {
    let settings = try AllInOneSettings(
        Settings(arguments: arguments, environment: ProcessInfo.processInfo.environment, known: AllInOneSettings.all))
    Telemetry.bootstrap(service: "pixelflow", settings: settings.log)
    let logger = Logger(label: "pixelflow")
    let group = try await AllInOne(settings: settings, logger: logger).build {
        // Not by `print`, whose buffer would keep the addresses back in a pipe.
        FileHandle.standardOutput.write(Data((HelpText.addresses(settings) + "\n").utf8))
    }
    try await group.run()
} catch {
    let known = PixelFlowError.unexpected(error)
    let cause = known.cause.map { " (\($0))" } ?? ""
    FileHandle.standardError.write(Data("pixelflow: \(known.message)\(cause)\n".utf8))
    exit(known.code.hasPrefix("setting_") ? 2 : 1)
}
