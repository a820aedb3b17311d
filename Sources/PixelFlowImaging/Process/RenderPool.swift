import Foundation
package import Logging
package import Metrics
package import PixelFlowCore

/// A pool of sandboxed render processes, one per slot, started in advance and kept warm.
///
/// A crash, a hang or a cancellation costs one process and affects one job. Call `shutdown` before releasing the last
/// reference.
package final class RenderPool: Renderer {
    package struct Configuration: Sendable {
        /// Concurrent jobs, each in a process with one busy thread. Defaults to the number of cores.
        package var processes: Int
        /// The number of jobs after which a process is replaced. Measured: 1000 photographs add 0.1 MB, and a start takes 0.15 s.
        package var jobsPerProcess: Int
        /// The memory limit of a process in bytes. Jobs whose estimate exceeds it are rejected before anything is decoded.
        package var processMemory: Int
        /// A process with more resident bytes than this after a job is replaced.
        package var residentLimit: Int
        /// How long a process may take to start.
        package var startLimit: Duration
        /// The executable to start. It must call `RenderProcess.runIfRequested` first. Defaults to the running executable.
        package var executable: String

        /// - Parameter processMemory: bytes, or nil for an equal share of the container's memory; see `ContainerMemory`.
        package init(
            processes: Int? = nil, jobsPerProcess: Int = 10_000, processMemory: Int? = nil,
            sourceBytes: Int = ImageLimits().sourceBytes, residentLimit: Int = 400 << 20, startLimit: Duration = .seconds(20),
            executable: String = "/proc/self/exe"
        ) {
            self.processes = max(1, processes ?? ProcessInfo.processInfo.activeProcessorCount)
            self.jobsPerProcess = max(1, jobsPerProcess)
            self.processMemory = processMemory ?? ContainerMemory.share(of: self.processes, sourceBytes: sourceBytes)
            self.residentLimit = residentLimit
            self.startLimit = startLimit
            self.executable = executable
        }
    }

    private let queue: RenderQueue
    private let registry: ProcessRegistry
    private let spare: SpareProcess

    /// Starts the threads, which start the processes. Jobs that arrive earlier wait.
    package init(
        _ configuration: Configuration = Configuration(), logger: Logger, metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        queue = RenderQueue(slots: configuration.processes)
        registry = ProcessRegistry(slots: configuration.processes)
        let metrics = RenderMetrics(metrics)
        spare = SpareProcess(configuration, metrics, logger)
        for index in 0..<configuration.processes { start(index, configuration, metrics, logger) }
    }

    package func render(_ job: RenderJob) async throws -> RenderReport {
        let work = RenderWork(job)
        return try await withTaskCancellationHandler {
            guard let take = job.onOutput else { return try await report(of: work) }
            async let taken: Void = work.outputs.drain(take) { work.stop($0) }
            let report = try await report(of: work)
            try await taken
            return report
        } onCancel: {
            work.cancel()
        }
    }

    private func report(of work: RenderWork) async throws -> RenderReport {
        try await withCheckedThrowingContinuation { continuation in
            guard work.wait(continuation) else { return }
            if !queue.add(work) { work.finish(.failure(PixelFlowError.unavailable("renderer"))) }
        }
    }

    /// Returns when every slot has tried to start its process.
    package func warmUp() async { await registry.allUp() }

    /// The ids of the running render processes.
    package var processIdentifiers: [Int32] { registry.identifiers }

    /// Rejects new jobs, finishes accepted ones, and ends every process.
    package func shutdown() async {
        queue.close()
        await registry.allEnded()
        spare.close()
    }

    private func start(_ index: Int, _ configuration: Configuration, _ metrics: RenderMetrics, _ logger: Logger) {
        let thread = Thread { [queue, registry, spare] in
            RenderWorker(index, configuration, queue, registry, spare, metrics, logger).run()
            registry.slotHasEnded()
        }
        thread.name = "render-\(index)"
        thread.start()
    }
}
