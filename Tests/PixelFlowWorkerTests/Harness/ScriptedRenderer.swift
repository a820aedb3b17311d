import Deadlines
import NIOCore
import PixelFlowCore
import Synchronization

/// Renders as the test's script says, and records its calls.
final class ScriptedRenderer: Renderer {
    /// - Parameters: the number of the call, from 1, and the job.
    typealias Script = @Sendable (Int, RenderJob) async throws -> RenderReport

    private let script: Script
    private let asked = Mutex<[RenderJob]>([])
    private let (starts, started) = AsyncStream.makeStream(of: Int.self)

    init(_ script: @escaping Script = { _, job in .good(job) }) { self.script = script }

    var jobs: [RenderJob] { asked.withLock { $0 } }

    /// Waits for call number `number`, counted from 1, to begin.
    ///
    /// - Throws: `DeadlineExceeded` if it does not begin in time.
    func waitForCall(_ number: Int) async throws {
        if jobs.count >= number { return }
        try await starts.first("call \(number) of the renderer") { $0 >= number }
    }

    func render(_ job: RenderJob) async throws -> RenderReport {
        let number = asked.withLock { asked in
            asked.append(job)
            return asked.count
        }
        started.yield(number)
        var report = try await script(number, job)
        guard let take = job.onOutput else { return report }
        for output in report.outputs { try await take(output) }
        report.outputs = []
        return report
    }
}

extension RenderReport {
    static let metadata = SourceMetadata(format: "png", width: 64, height: 64, bytes: 5)

    /// An image for each output; `mark` distinguishes one rendering from another.
    static func good(_ job: RenderJob, mark: String = "") -> RenderReport {
        report(job) { .success(RenderedImage(format: .webp, width: 32, height: 32, bytes: ByteBuffer(string: "image of \($0)\(mark)"))) }
    }

    /// A report with one result per output, computed from the output's name.
    static func report(_ job: RenderJob, _ result: (String) -> Result<RenderedImage, OutputError>) -> RenderReport {
        RenderReport(
            source: metadata, outputs: job.pipeline.outputs.map { RenderedOutput(name: $0.name, result: result($0.name)) },
            duration: .milliseconds(1))
    }
}

/// Fetches as the test's script says.
struct ScriptedFetcher: SourceFetcher {
    var script: @Sendable (String) async throws -> FetchedSource = { _ in
        FetchedSource(bytes: ByteBuffer(string: "fetched"), contentType: "image/png")
    }

    func fetch(_ url: String, limit: Int, for tenant: TenantID) async throws -> FetchedSource {
        let source = try await script(url)
        guard source.bytes.readableBytes <= limit else {
            throw PixelFlowError(.tooLarge, code: "source_too_large", "The source has more than \(limit) bytes.")
        }
        return source
    }
}
