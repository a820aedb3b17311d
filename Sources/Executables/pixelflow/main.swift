import PixelFlowImaging
import PixelFlowRuntime

// A render process is this same executable; it never comes back from here.
RenderProcess.runIfRequested(CommandLine.arguments)

await ServiceCommand(
    name: "pixelflow", summary: "all services of PixelFlow in one process, on files in one folder.", port: ListenSettings.workerPort,
    settings: AllInOneSettings.all
).run { settings, _, logger in
    let settings = try AllInOneSettings(settings)
    return try await AllInOne(settings: settings, logger: logger).build { ServiceCommand.say(settings.addresses) }
}
