import ArgumentParser
import Foundation
import Logging
import NIOCore
import PixelFlowCore
import PixelFlowImaging
import WireFormats

/// Renders files repeatedly and reports the rate per second.
struct Render: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Fit images inside a box as JPEG, in this process or through the sandbox.")

    @Flag(help: "Render in this process, on one thread.")
    var inProcess = false

    @Option(help: "Render through this many render processes.")
    var sandboxed: Int?

    @Option(help: "Tenants whose images take turns; a render process serves one.")
    var tenants = 1

    @Option(help: "Clients that each wait for their result; one for each render process by default.")
    var clients: Int?

    @Option(help: "How long to go on.")
    var seconds = 5.0

    @Option(help: "Edge of the box in pixels.")
    var edge = 512

    @Option(help: "JPEG quality.")
    var quality = 80

    @Argument(help: "Image files.")
    var files: [String]

    func run() async throws {
        let sources = try files.map { ByteBuffer(bytes: try Data(contentsOf: URL(fileURLWithPath: $0))) }
        let pipeline = try Pipeline(
            validating: Data(
                """
                {"outputs":[{"name":"image","operations":[{"op":"resize","width":\(edge),"height":\(edge),"fit":"inside"}],
                "format":"jpeg","quality":\(quality)}]}
                """.utf8))
        let (count, elapsed) = try await inProcess ? here(sources, pipeline) : pooled(sources, pipeline)
        print(#"{"images":\#(count),"seconds":\#(elapsed.seconds),"per_second":\#(Double(count) / elapsed.seconds)}"#)
    }

    private func here(_ sources: [ByteBuffer], _ pipeline: Pipeline) throws -> (Int, Duration) {
        let engine = try RenderEngine()
        let start = ContinuousClock.now
        var count = 0
        while ContinuousClock.now - start < .seconds(seconds) {
            try sources[count % sources.count].withUnsafeReadableBytes { bytes in
                _ = try engine.render(source: bytes, overlays: [:], pipeline: pipeline, limits: ImageLimits()) { _, _ in }
            }
            count += 1
        }
        return (count, ContinuousClock.now - start)
    }

    private func pooled(_ sources: [ByteBuffer], _ pipeline: Pipeline) async throws -> (Int, Duration) {
        let processes = sandboxed ?? 1
        let pool = RenderPool(.init(processes: processes), logger: Logger(label: "bench"))
        let start = ContinuousClock.now
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for client in 0..<(clients ?? processes) {
                group.addTask {
                    var count = 0
                    while ContinuousClock.now - start < .seconds(seconds) {
                        let tenant = TenantID("tenant \((client + count) % max(1, tenants))")
                        _ = try await pool.render(RenderJob(source: sources[count % sources.count], pipeline: pipeline, tenant: tenant))
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        return (count, ContinuousClock.now - start)
    }
}
