import ArgumentParser
import PixelFlowImaging

/// The parts of `make bench` that have to be in Swift.
@main
struct BenchTools: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-tools", abstract: "Measures single parts of PixelFlow.", subcommands: [BareRoute.self, Render.self])

    static func main() async {
        // Render processes of the pool are this executable.
        RenderProcess.runIfRequested(CommandLine.arguments)
        await main(nil)
    }
}
