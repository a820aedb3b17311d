import ArgumentParser
import PixelFlowImaging

/// The parts of `make bench` that must be written in Swift.
@main
struct BenchTools: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-tools", abstract: "Measures single parts of PixelFlow.", subcommands: [BareRoute.self, Render.self])

    static func main() async {
        // The pool starts this executable as its render processes.
        RenderProcess.runIfRequested(CommandLine.arguments)
        await main(nil)
    }
}
