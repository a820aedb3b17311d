import Crypto
import NIOCore
import PixelFlowCore
import PixelFlowDispatch
import Synchronization
import Tracing
import WireFormats

/// Processes one task: gets the source, has it rendered, and stores the outputs.
struct TaskProcessor: Sendable {
    let task: TaskRecord
    let dependencies: WorkerDependencies
    let limits: ImageLimits
    let metrics: WorkerMetrics
    /// Whether the task is suspect, so that its image must be rendered in isolation.
    let runsAlone: Bool
    let overlaysInMemory: OverlayPermits
    private let stored = StoredOutputs()

    init(
        task: TaskRecord, dependencies: WorkerDependencies, settings: WorkerSettings, metrics: WorkerMetrics,
        overlaysInMemory: OverlayPermits
    ) {
        self.task = task
        self.dependencies = dependencies
        self.overlaysInMemory = overlaysInMemory
        self.limits = settings.limits
        self.metrics = metrics
        runsAlone = settings.policy.isSuspect(task)
    }

    /// - Throws: `PixelFlowError`, classed by whether another run may succeed; `CancellationError`.
    func process() async throws -> TaskRun.Ending {
        let source = try await source()
        metrics.read(source.bytes.readableBytes, of: task.source)
        async let fetched = store(source)
        let report = try await render(source)
        let outputs = stored.all(in: task.pipeline)
        metrics.rendered(report, outputs, task.pipeline)
        if let failure = Self.failure(of: outputs, metadata: report.source) { return .failed(failure) }
        return .succeeded(Manifest(sourceMetadata: report.source, fetchedSource: try await fetched, outputs: outputs))
    }

    private func render(_ source: FetchedSource) async throws -> RenderReport {
        guard !task.pipeline.overlays.isEmpty else { return try await render(source, overlays: [:]) }
        return try await overlaysInMemory.withPermit(OverlayTurn(task)) { try await render(source, overlays: try await overlays()) }
    }

    private func render(_ source: FetchedSource, overlays: [String: ByteBuffer]) async throws -> RenderReport {
        let run = InstrumentationContext.current ?? .topLevel
        return try await withSpan("render") { span in
            let trace = RenderTrace(span)
            // Stores an output while the next ones are rendered, so that no more of them are in memory than the renderer bounds.
            let keep: @Sendable (RenderedOutput) async throws -> Void = { output in
                trace.rendered(output)
                let kept = try await withSpan("store output", context: run) { span in
                    span.attributes["pixelflow.output"] = output.name
                    return try await store(output)
                }
                stored.add(kept)
            }
            let job = RenderJob(
                source: source.bytes, pipeline: task.pipeline, overlays: overlays, limits: limits, tenant: task.tenant,
                lane: task.lane, runsAlone: runsAlone, onProgress: publishProgress, onOutput: keep)
            let report = try await dependencies.renderer.render(job)
            trace.decoded(report)
            return report
        }
    }

    @Sendable private func publishProgress(done: Int, total: Int) {
        guard done < total else { return }
        dependencies.publisher.publish(task, progress: Double(done) / Double(total))
    }

    // MARK: Sources

    private func source() async throws -> FetchedSource {
        try await withSpan("fetch source") { span in
            span.attributes["pixelflow.source"] = if case .url = task.source { "url" } else { "upload" }
            let source = try await read()
            span.attributes["pixelflow.source.bytes"] = source.bytes.readableBytes
            return source
        }
    }

    private func read() async throws -> FetchedSource {
        switch task.source {
        case .url(let url): return try await fetch(url)
        case .upload(let upload):
            guard let blob = try await dependencies.blobs.read(upload.key, range: nil) else {
                throw PixelFlowError(.internal, code: "source_missing", "The uploaded source no longer exists.")
            }
            return FetchedSource(bytes: try await blob.collect(), contentType: upload.contentType)
        }
    }

    private func fetch(_ url: String) async throws -> FetchedSource {
        let quota = try await dependencies.usage.quota(of: task.tenant)
        let limit = min(limits.sourceBytes, quota.sourceBytes ?? limits.sourceBytes)
        let start = ContinuousClock.now
        do {
            let source = try await dependencies.fetcher.fetch(url, limit: limit, for: task.tenant)
            // The code is that of an empty upload.
            guard source.bytes.readableBytes > 0 else {
                throw PixelFlowError(.invalid, code: "empty_image", "The server sent no bytes.")
            }
            metrics.fetched(in: ContinuousClock.now - start, failure: nil)
            return source
        } catch let error as PixelFlowError {
            metrics.fetched(in: ContinuousClock.now - start, failure: error.code)
            // The fetcher stops at the limit, whoever has set it.
            if error.code == "source_too_large", limit < limits.sourceBytes { try quota.admit(sourceOf: limit + 1) }
            throw error
        }
    }

    /// Stores the fetched source, so that clients can read it later.
    private func store(_ source: FetchedSource) async throws -> StoredSource? {
        guard case .url = task.source else { return nil }
        let key = BlobKey.fetchedSource(of: task)
        try await withSpan("store source") { _ in try await dependencies.blobs.write(key, bytes: source.bytes) }
        return StoredSource(
            key: key, bytes: source.bytes.readableBytes, sha256: Self.sha256(source.bytes), contentType: source.contentType)
    }

    /// The images that watermarks name: sources of earlier tasks of the same tenant.
    ///
    /// Those that no longer exist are absent: only the outputs that use them fail.
    ///
    /// - Throws: `watermarks_too_large` before anything is read of more bytes than a source may have.
    private func overlays() async throws -> [String: ByteBuffer] {
        let ids = task.pipeline.overlays
        let found = try await dependencies.store.find(ids, of: task.tenant)
        let marks = Dictionary(found.map { ($0.id, $0) }) { first, _ in first }
        let bytes = ids.reduce(0) { $0 + (marks[$1]?.sourceBytes ?? 0) }
        guard bytes <= limits.sourceBytes else {
            throw PixelFlowError(
                .invalid, code: "watermarks_too_large",
                "The images of the watermarks have \(bytes.counted("byte")); together they may have \(limits.sourceBytes).")
        }
        var overlays: [String: ByteBuffer] = [:]
        for id in ids {
            guard let key = marks[id]?.sourceKey, let blob = try await dependencies.blobs.read(key, range: nil) else { continue }
            overlays[id.rawValue] = try await blob.collect()
        }
        return overlays
    }

    // MARK: Outputs

    private func store(_ output: RenderedOutput) async throws -> TaskOutput {
        switch output.result {
        case .failure(let failure):
            return TaskOutput(name: output.name, error: TaskError(code: failure.code, message: failure.message))
        case .success(let image):
            let key = BlobKey.output(output.name, of: task)
            try await dependencies.blobs.write(key, bytes: image.bytes)
            return TaskOutput(
                name: output.name,
                image: StoredImage(
                    key: key, format: image.format, width: image.width, height: image.height, frames: image.frames,
                    bytes: image.bytes.readableBytes, sha256: Self.sha256(image.bytes)))
        }
    }

    /// A task whose outputs all failed has failed, with their common code if there is one.
    private static func failure(of outputs: [TaskOutput], metadata: SourceMetadata) -> TaskFailure? {
        let errors = outputs.compactMap(\.error)
        guard let first = errors.first, errors.count == outputs.count else { return nil }
        let agreed = errors.allSatisfy { $0.code == first.code }
        let error = agreed ? first : TaskError(code: "outputs_failed", message: "None of the outputs could be rendered.")
        return TaskFailure(error: error, retry: .permanent, outputs: outputs, sourceMetadata: metadata)
    }

    private static func sha256(_ bytes: ByteBuffer) -> String {
        var hash = SHA256()
        bytes.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
        return hash.finalize().hexadecimal
    }
}

/// One permit for each render process, for the tasks whose watermarks are in memory. The lanes of those that wait are served by their
/// weights, and the organisations of a lane in turn, as in the queue of tasks.
typealias OverlayPermits = FairAsyncSemaphore<OverlayTurn>

struct OverlayTurn: Hashable, Sendable {
    let lane: Lane
    let tenant: TenantID

    init(_ task: TaskRecord) {
        lane = task.lane
        tenant = task.tenant
    }
}

extension FairAsyncSemaphore where Key == OverlayTurn {
    /// - Parameter slots: the number of tasks that a worker runs at a time, all of which may wait.
    convenience init(renderProcesses: Int, slots: Int) {
        // Nothing is kept free: a newcomer gets the next permit, as it gets the next render process.
        let limits = FairSemaphoreLimits(
            permits: renderProcesses, permitsOfOneKey: renderProcesses, waiting: slots, waitingOfOneKey: slots)
        self.init(limits: limits, waitTimeout: nil, lane: \.lane)
    }
}

/// The outputs of a run that have been stored so far, in whatever order.
private final class StoredOutputs: Sendable {
    private let outputs = Mutex<[String: TaskOutput]>([:])

    func add(_ output: TaskOutput) { outputs.withLock { $0[output.name] = output } }

    /// In the order of the pipeline.
    func all(in pipeline: Pipeline) -> [TaskOutput] {
        let known = outputs.withLock { $0 }
        return pipeline.outputs.compactMap { known[$0.name] }
    }
}
