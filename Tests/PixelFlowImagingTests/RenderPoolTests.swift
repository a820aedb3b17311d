import Deadlines
import Foundation
import Glibc
import Logging
import NIOCore
import PixelFlowCore
import Prometheus
import Synchronization
import Testing

@testable import PixelFlowImaging

/// Each test starts its own pool of the fixture executable, which misbehaves on demand.
@Suite(.serialized) struct RenderPools {
    private let source: ByteBuffer

    init() throws { source = ByteBuffer(bytes: try TestImage.file(.png)) }

    private func withPool<Result>(
        processes: Int = 1, jobsPerProcess: Int = 1000, memory: Int = 800 << 20, registry: PrometheusRegistry = PrometheusRegistry(),
        _ body: (RenderPool) async throws -> Result
    ) async throws -> Result {
        let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let configuration = RenderPool.Configuration(
            processes: processes, jobsPerProcess: jobsPerProcess, processMemory: memory,
            executable: folder.appending(path: "pixelflow-render-fixture").path)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let pool = RenderPool(configuration, logger: logger, metrics: registry)
        await pool.warmUp()
        do {
            let result = try await body(pool)
            await pool.shutdown()
            return result
        } catch {
            await pool.shutdown()
            throw error
        }
    }

    private func job(_ names: String..., seconds: Int = 30, onProgress: (@Sendable (Int, Int) -> Void)? = nil) -> RenderJob {
        let outputs = names.map { OutputSpec(name: $0, operations: [.resize(.init(width: 16))], format: .fixed(.png)) }
        return RenderJob(
            source: source, pipeline: Pipeline(outputs: outputs), limits: ImageLimits(seconds: seconds), onProgress: onProgress)
    }

    /// The failure of a job, or nil if it succeeds.
    private func failure(_ pool: RenderPool, _ job: RenderJob) async -> PixelFlowError? {
        do {
            _ = try await pool.render(job)
            return nil
        } catch {
            return error as? PixelFlowError
        }
    }

    @Test func rendersLikeTheEngine() async throws {
        try await withPool { pool in
            let report = try await pool.render(job("a", "b"))
            #expect(report.outputs.map(\.name) == ["a", "b"])
            let image = try report.outputs[1].result.get()
            #expect((image.format, image.width, image.height) == (.png, 16, 12))
            let expected = try render(Data(source.readableBytesView), .resize(.init(width: 16)))
            #expect(Data(image.bytes.readableBytesView) == expected.files[0])
            #expect(report.source == expected.metadata)
        }
    }

    @Test(arguments: ImageFormat.allCases)
    func everyFormatWorksBehindTheFilter(format: ImageFormat) async throws {
        try await withPool { pool in
            let photo = try TestImage.encoded(try TestImage.photo(300, 200), format)
            let outputs = ImageFormat.allCases.map {
                OutputSpec(
                    name: $0.rawValue,
                    operations: [
                        .resize(.init(width: 100, height: 100, position: .attention)), .rotate(.init(angle: 7)), .sharpen(.init()),
                    ],
                    format: .fixed($0), encoder: EncoderOptions(effort: 1))
            }
            let report = try await pool.render(RenderJob(source: ByteBuffer(bytes: photo), pipeline: Pipeline(outputs: outputs)))
            for output in report.outputs { #expect(throws: Never.self) { try output.result.get() } }
            // Damaged files take other paths through the decoders, none of which may need a forbidden call.
            for length in [photo.count / 3, photo.count / 2, photo.count * 3 / 4] {
                let cut = ByteBuffer(bytes: photo.prefix(length))
                let pipeline = Pipeline(outputs: [OutputSpec(name: "a", format: .fixed(.jpeg))])
                let error = await failure(pool, RenderJob(source: cut, pipeline: pipeline))
                #expect(error == nil || error?.code == "truncated_image", "\(format) cut at \(length)")
            }
        }
    }

    @Test func overlaysReachTheProcess() async throws {
        try await withPool { pool in
            let id = "01890a5d-ac96-774b-bcce-b302099a8057"
            var job = job("a")
            job.pipeline.outputs[0].operations = [.watermark(.init(image: TaskID(id), tile: true))]
            job.overlays = [id: ByteBuffer(bytes: try TestImage.encoded(try TestImage.made(4, 4, bands: 3) { _, _ in [0, 0, 0] }, .png))]
            let image = try await pool.render(job).outputs[0].result.get()
            #expect(try Picture(Data(image.bytes.readableBytesView)).shows([0, 0, 0], at: 30, 30))
        }
    }

    @Test func everyOperationWorksBehindTheFilter() async throws {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057"
        func output<Parameters: OperationParameters>(_ type: Parameters.Type) -> OutputSpec {
            var operation = ImageOperation(type.declaration.example)
            if type.name == "watermark" { operation = .watermark(.init(image: TaskID(id))) }
            return OutputSpec(name: type.name, operations: [operation], format: .fixed(.png))
        }
        try await withPool { pool in
            let before = pool.processIdentifiers
            let outputs = ImageOperation.all.map { output($0) }
            for start in stride(from: 0, to: outputs.count, by: Pipeline.maximumOutputs) {
                let some = Array(outputs[start..<min(start + Pipeline.maximumOutputs, outputs.count)])
                let photo = try TestImage.encoded(try TestImage.photo(300, 200), .jpeg)
                var job = RenderJob(source: ByteBuffer(bytes: photo), pipeline: Pipeline(outputs: some))
                job.overlays = [id: ByteBuffer(bytes: try TestImage.file(.png))]
                let report = try await pool.render(job)
                for (spec, output) in zip(some, report.outputs) {
                    #expect(throws: Never.self, "\(spec.name)") { try output.result.get() }
                }
            }
            #expect(pool.processIdentifiers == before)
        }
    }

    /// libvips compiles code for each ratio of a resize, for which it would normally allocate memory through files.
    @Test func everyRatioWorksInsideTheSandbox() async throws {
        try await withPool { pool in
            let before = pool.processIdentifiers
            let large = ByteBuffer(bytes: try TestImage.file(.png, 900, 600))
            for round in 0..<12 {
                let outputs = (0..<16).map { index in
                    OutputSpec(
                        name: "o\(index)",
                        operations: [
                            .resize(.init(width: 40 + round * 57 + index * 5)), .sharpen(.init()),
                            .blur(.init(sigma: 1 + Double(index) / 4)),
                        ],
                        format: .fixed(.png))
                }
                let report = try await pool.render(RenderJob(source: large, pipeline: Pipeline(outputs: outputs)))
                for output in report.outputs { #expect(throws: Never.self) { try output.result.get() } }
            }
            #expect(pool.processIdentifiers == before)
        }
    }

    /// Incidental actions of libraries: rejected if necessary, but never fatal.
    @Test(arguments: ["read", "shrink", "look"])
    func harmlessCallsAreNotFatal(act: String) async throws {
        try await withPool { pool in
            let before = pool.processIdentifiers
            #expect(await failure(pool, job(act)) == nil)
            #expect(pool.processIdentifiers == before)
        }
    }

    @Test(arguments: ["create", "unlink", "socket", "fork", "exec", "kill", "end-itself", "stat", "executable-memory", "abort", "fault"])
    func forbiddenCallsKillTheProcess(act: String) async throws {
        try await withPool { pool in
            let before = pool.processIdentifiers
            let error = await failure(pool, job(act))
            #expect(error?.code == "render_crashed")
            #expect(error?.retry == .crash)
            // The pool continues with a new process.
            #expect(await failure(pool, job("fine")) == nil)
            #expect(pool.processIdentifiers != before)
        }
    }

    @Test func invalidSourcesEndNoProcess() async throws {
        try await withPool { pool in
            let before = pool.processIdentifiers
            var bad = job("a")
            bad.source = ByteBuffer(string: "%PDF-1.7")
            let error = await failure(pool, bad)
            #expect(error?.code == "unsupported_format" && error?.retry == .permanent)
            bad.source = ByteBuffer()
            #expect(await failure(pool, bad)?.code == "not_an_image")
            #expect(pool.processIdentifiers == before)
        }
    }

    @Test func aHangingJobEndsAtTheDeadline() async throws {
        try await withPool { pool in
            let error = await failure(pool, job("hang", seconds: 1))
            #expect(error?.code == "render_timeout" && error?.retry == .permanent)
            #expect(await failure(pool, job("fine")) == nil)
        }
    }

    /// Reaching a limit is not a crash: the image is rejected, but is not poison.
    @Test func jobsThatNeedTooMuchMemoryAreRefused() async throws {
        let registry = PrometheusRegistry()
        try await withPool(registry: registry) { pool in
            let error = await failure(pool, job("greed"))
            #expect(error?.code == "image_too_large_in_memory" && error?.retry == .permanent)
            #expect(await failure(pool, job("fine")) == nil)
        }
        #expect(String(decoding: registry.text(), as: UTF8.self).contains(#"render_processes_ended_total{reason="out_of_memory"} 1"#))
    }

    @Test(arguments: [
        (SIGKILL, "render_killed", PixelFlowError.Retry.killed), (SIGTERM, "render_killed", .killed), (SIGBUS, "render_crashed", .crash),
    ])
    func anExternalKillIsNoCrashAndTheNextJobWorks(signal: Int32, code: String, retry: PixelFlowError.Retry) async throws {
        try await withPool { pool in
            let (steps, step) = AsyncStream.makeStream(of: Int.self)
            async let error = failure(pool, job("first", "hang") { done, _ in step.yield(done) })
            let done = try await steps.first("the first output")
            #expect(done == 1)
            for process in pool.processIdentifiers { kill(process, signal) }
            let seen = await error
            #expect(seen?.code == code && seen?.retry == retry)
            #expect(await failure(pool, job("fine")) == nil)
        }
    }

    @Test func processesAreCountedByHowTheyEnd() async throws {
        let registry = PrometheusRegistry()
        try await withPool(jobsPerProcess: 2, registry: registry) { pool in
            for name in ["a", "b", "abort", "a", "hang"] { _ = await failure(pool, job(name, seconds: 1)) }
            let (steps, step) = AsyncStream.makeStream(of: Int.self)
            let running = Task { try await pool.render(job("first", "hang") { done, _ in step.yield(done) }) }
            try await steps.first("the first output")
            running.cancel()
            await #expect(throws: CancellationError.self) { try await running.value("the job to end") }
        }
        let lines = String(decoding: registry.text(), as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(lines.contains("render_processes_started_total 5"))
        for reason in ["recycled", "crashed", "timed_out", "cancelled", "closed"] {
            #expect(lines.contains(#"render_processes_ended_total{reason="\#(reason)"} 1"#), "\(reason)")
        }
    }

    @Test func cancellingKillsTheProcess() async throws {
        try await withPool { pool in
            let (steps, step) = AsyncStream.makeStream(of: Int.self)
            let running = Task { try await pool.render(job("first", "hang") { done, _ in step.yield(done) }) }
            try await steps.first("the first output")
            running.cancel()
            await #expect(throws: CancellationError.self) { try await running.value("the job to end") }
            #expect(await failure(pool, job("fine")) == nil)
        }
    }

    @Test func cancellingAWaitingJobEndsNoProcess() async throws {
        try await withPool { pool in
            let (steps, step) = AsyncStream.makeStream(of: Int.self)
            let running = Task { try await pool.render(job("first", "hang") { done, _ in step.yield(done) }) }
            try await steps.first("the first output")
            let before = pool.processIdentifiers
            let waiting = Task { try await pool.render(job("fine")) }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value("the waiting job to end") }
            #expect(pool.processIdentifiers == before)
            running.cancel()
            await #expect(throws: CancellationError.self) { try await running.value("the job to end") }
        }
    }

    @Test func processesAreReplacedAfterTheirJobs() async throws {
        try await withPool(jobsPerProcess: 3) { pool in
            var seen: Set<Int32> = []
            for _ in 0..<9 {
                seen.formUnion(pool.processIdentifiers)
                #expect(await failure(pool, job("fine")) == nil)
            }
            #expect(seen.count >= 3)
        }
    }

    @Test func aProcessKilledWhileIdleFailsNoJob() async throws {
        try await withPool { pool in
            for process in pool.processIdentifiers {
                kill(process, SIGKILL)
                try await eventually("process \(process) to be gone") { isDead(process) }
            }
            #expect(await failure(pool, job("fine")) == nil)
        }
    }

    @Test func manyJobsLeakNoDescriptorsOrMemory() async throws {
        try await withPool(processes: 2, jobsPerProcess: 40) { pool in
            let before = openDescriptors()
            #expect(before >= 6)
            for round in 0..<200 {
                let name = round % 50 == 7 ? "abort" : "fine"
                _ = await failure(pool, job(name))
            }
            // Replaced processes may still be starting: wait until both are running.
            var after = (processes: 0, descriptors: 0)
            try await eventually("two processes, and no more descriptors than before") {
                after = (pool.processIdentifiers.count, openDescriptors())
                return after.processes == 2 && after.descriptors <= before
            }
            #expect(after.processes == 2)
            #expect(after.descriptors <= before)
        }
    }

    /// A process serves one tenant at a time, and is reused for the same tenant.
    @Test func aProcessServesOneTenant() async throws {
        try await withPool { pool in
            var seen: [String: Set<Int32>] = [:]
            for tenant in ["ann", "ann", "bob", "ann", "bob", "bob"] {
                var job = job("fine")
                job.tenant = TenantID(tenant)
                #expect(await failure(pool, job) == nil)
                seen[tenant, default: []].formUnion(pool.processIdentifiers)
            }
            #expect(seen["ann"]?.count == 2 && seen["bob"]?.count == 2)
            #expect(seen["ann", default: []].isDisjoint(with: seen["bob", default: []]))
        }
    }

    @Test func twoTenantsOnTwoSlotsNeedNoNewProcess() async throws {
        try await withPool(processes: 2) { pool in
            let before = Set(pool.processIdentifiers)
            for _ in 0..<10 {
                await withTaskGroup(of: Void.self) { group in
                    for tenant in ["ann", "bob"] {
                        var job = job("fine")
                        job.tenant = TenantID(tenant)
                        group.addTask { [job] in #expect(await failure(pool, job) == nil) }
                    }
                }
            }
            #expect(Set(pool.processIdentifiers) == before)
        }
    }

    @Test func aSuspectRunsAlone() async throws {
        try await withPool(processes: 2) { pool in
            let (steps, step) = AsyncStream.makeStream(of: Int.self)
            let running = Task { try await pool.render(job("first", "hang") { done, _ in step.yield(done) }) }
            try await steps.first("the first output")
            var suspect = job("suspect")
            suspect.runsAlone = true
            let isOver = Mutex(false)
            let alone = Task { [suspect] in
                let error = await failure(pool, suspect)
                isOver.withLock { $0 = true }
                return error
            }
            // Behind it in the queue, but it could have run on the other slot long before this one ends.
            let waiting = Task { await failure(pool, job("after")) }
            try await Task.sleep(for: .milliseconds(200))
            #expect(!isOver.withLock { $0 })
            running.cancel()
            await #expect(throws: CancellationError.self) { try await running.value("the cancelled job") }
            #expect(try await alone.value("the suspect") == nil)
            #expect(try await waiting.value("the job behind it") == nil)
        }
    }

    @Test func outputsAreReceivedOneByOne() async throws {
        try await withPool { pool in
            let taken = Mutex<[String: Int]>([:])
            var job = job("a", "b", "c")
            job.onOutput = { output in
                let count = try output.result.get().bytes.readableBytes
                taken.withLock { $0[output.name] = count }
            }
            let report = try await pool.render(job)
            #expect(report.outputs.isEmpty)
            job.onOutput = nil
            let whole = try await pool.render(job).outputs.map { ($0.name, try $0.result.get().bytes.readableBytes) }
            #expect(taken.withLock { $0 } == Dictionary(uniqueKeysWithValues: whole))
        }
    }

    @Test func anOutputThatCannotBeReceivedEndsTheJob() async throws {
        try await withPool { pool in
            var job = job("first", "hang")
            job.onOutput = { _ in throw PixelFlowError.unavailable("blob_store") }
            #expect(await failure(pool, job)?.code == "blob_store_unavailable")
            #expect(await failure(pool, self.job("fine")) == nil)
        }
    }

    @Test func theTotalOutputSizeIsBounded() async throws {
        try await withPool { pool in
            var job = job("a", "b", "c")
            let bytes = try await pool.render(job).outputs[0].result.get().bytes.readableBytes
            job.limits.taskOutputBytes = bytes * 2
            let results = try await pool.render(job).outputs.map(\.result)
            #expect(throws: Never.self) { try (results[0].get(), results[1].get()) }
            guard case .failure(let failure) = results[2] else {
                Issue.record("three outputs where there is room for two")
                return
            }
            #expect(failure.code == "outputs_too_large")
        }
    }

    @Test func aProcessHasNoCapabilitiesAndItsLimits() async throws {
        try await withPool { pool in
            #expect(await failure(pool, job("fine")) == nil)
            let process = try #require(pool.processIdentifiers.first)
            let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8).split(separator: "\n")
            for name in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
                #expect(status.contains("\(name):\t0000000000000000") || (name == "CapBnd" && getuid() != 0), "\(name)")
            }
            #expect(status.contains("NoNewPrivs:\t1"))
            let limits = try String(contentsOfFile: "/proc/\(process)/limits", encoding: .utf8).split(separator: "\n")
            for name in ["Max cpu time", "Max address space", "Max processes", "Max file size"] {
                let line = try #require(limits.first { $0.hasPrefix(name) })
                #expect(!line.dropFirst(26).hasPrefix("unlimited"), "\(line)")
            }
        }
    }

    @Test func aProcessHasLowerPriorityThanTheService() async throws {
        try await withPool { pool in
            #expect(await failure(pool, job("fine")) == nil)
            let process = try #require(pool.processIdentifiers.first)
            let own = try niceness("self")
            #expect(own < 10, "the tests themselves run at a low priority, and this one says nothing")
            // Each thread has its own priority.
            for thread in try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task") {
                #expect(try niceness("\(process)/task/\(thread)") == 10)
            }
        }
    }

    private func niceness(_ process: String) throws -> Int {
        let stat = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        // The 19th field; the second one, in parentheses, may contain spaces.
        let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        return try #require(Int(fields[16]))
    }

    @Test func shutdownFinishesRunningJobsAndAcceptsNoMore() async throws {
        var kept: RenderPool?
        try await withPool { pool in
            kept = pool
            async let one = failure(pool, job("one"))
            async let two = failure(pool, job("two"))
            #expect(await one == nil)
            #expect(await two == nil)
        }
        let pool = try #require(kept)
        #expect(pool.processIdentifiers.isEmpty)
        let error = await failure(pool, job("late"))
        #expect(error?.retry == .outage)
    }

    /// Whether all threads of the process have ended, and with the last one its socket is closed.
    private func isDead(_ process: Int32) -> Bool {
        let status = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ") Z "
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task").count) ?? 0
        return status.contains(") Z ") && threads <= 1
    }

    /// Open sockets and memory files; the runtime opens others at any time.
    private func openDescriptors() -> Int {
        let files = FileManager.default
        let names = (try? files.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        let targets = names.compactMap { try? files.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)") }
        return targets.count { $0.hasPrefix("socket:") || $0.contains("memfd:pixelflow") }
    }
}
