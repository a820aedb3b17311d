import PixelFlowClient
import PixelFlowCommands
import Terminal
import WireFormats

/// Uploads images, waits for their tasks and downloads the outputs, skipping steps that are already done.
struct UploadRun: Sendable {
    /// The result of one image.
    struct Result: Sendable {
        let source: UploadSource
        var task: ImageTask?
        /// Whether this run has sent the image.
        var isSent = false
        var files: [OutputFolder.File] = []
        var failure: CommandError?
    }

    let client: PixelFlowClient
    let processing: Upload.Processing
    let priority: Upload.Priority?
    /// Nil if the tasks belong to no batch.
    let batch: UploadBatch?
    let webhookURL: String?
    /// Nil to create a new task each time.
    let records: UploadRecords?
    let waits: Bool
    let timeout: Duration
    let folder: OutputFolder?
    let progress: UploadProgress

    /// - Parameter parallel: the number of images processed concurrently.
    /// - Returns: the results in the order of the sources.
    func run(_ sources: [UploadSource], parallel: Int) async -> [Result] {
        await withTaskGroup(of: (Int, Result).self) { group in
            var results: [Int: Result] = [:]
            var next = 0
            func start() {
                // After an interruption, nothing new is started.
                guard next < sources.count, !Task.isCancelled else { return }
                let index = next
                next += 1
                group.addTask { (index, await one(sources[index])) }
            }
            for _ in 0..<parallel { start() }
            while let (index, result) = await group.next() {
                results[index] = result
                start()
            }
            return results.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    private func one(_ source: UploadSource) async -> Result {
        var result = Result(source: source)
        do {
            try await process(source, &result)
        } catch ClientError.file(source.name, let reason) {
            // The caller adds the name of the image.
            result.failure = CommandError(.failed, reason)
        } catch {
            result.failure = CommandError(error)
        }
        progress.finish(source.name)
        return result
    }

    private func process(_ source: UploadSource, _ result: inout Result) async throws {
        var task = try await send(source, &result)
        result.task = task
        progress.report(source.name, "\(task.reference) \(result.isSent ? "uploaded" : "was uploaded before")")
        guard waits else { return }
        task = try await client.wait(for: task.id, within: timeout) { progress.advance(source.name, to: 0.5 + $0.progress * 0.4) }
        result.task = task
        progress.report(source.name, task.status.rawValue)
        guard task.status == .completed else {
            let reason = task.error.map { ": \($0.message) (\($0.code))" } ?? ""
            throw CommandError(.failed, "\(task.reference) is \(task.status.rawValue)\(reason)", hint: "pf tasks show \(task.id) shows it")
        }
        guard let folder else { return }
        var failure: CommandError?
        for output in task.outputs where output.error == nil {
            do {
                let file = try await folder.fetch(output, of: task, as: "\(source.stem)-\(try output.savedName)", client)
                result.files.append(file)
                progress.report(source.name, "\(file.path) \(file.isNew ? "saved" : "exists already")")
            } catch let refusal as CommandError {
                // The other outputs are downloaded nevertheless.
                failure = failure ?? refusal
            }
        }
        if let failure { throw failure }
        if let output = task.outputs.first(where: { $0.error != nil }), let error = output.error {
            throw CommandError(.failed, "the output \(output.name) failed: \(error.message) (\(error.code))")
        }
    }

    /// The task of an earlier run, or a new one.
    private func send(_ source: UploadSource, _ result: inout Result) async throws -> ImageTask {
        var upload = Upload(source.source, processing, priority: priority, webhookURL: webhookURL)
        if let records {
            let key = try await source.key(of: upload)
            upload.idempotencyKey = key
            let scopedKey = "\(client.endpoints.api) \(key)"
            if let known = await records.task(of: scopedKey), let task = try await existing(known) { return task }
            if let batch {
                let id = try await batch.id()
                // The same image in another batch is a different request.
                (upload.batch, upload.idempotencyKey) = (id, "\(key)-\(id)")
            }
            let task = try await post(upload, source)
            try await records.add(task.id, for: scopedKey)
            result.isSent = true
            return task
        }
        upload.batch = try await batch?.id()
        result.isSent = true
        return try await post(upload, source)
    }

    /// Nil if the task was deleted or belongs to another account.
    private func existing(_ id: String) async throws -> ImageTask? {
        do {
            return try await client.task(id)
        } catch let problem as Problem where problem.status == 404 {
            return nil
        }
    }

    private func post(_ upload: Upload, _ source: UploadSource) async throws -> ImageTask {
        try await client.upload(upload) { step in
            guard let total = step.total, total > 0 else { return }
            progress.advance(source.name, to: 0.5 * Double(step.bytes) / Double(total))
        }
    }
}
