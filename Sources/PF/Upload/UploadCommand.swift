import ArgumentParser
import PixelFlowClient
import PixelFlowCommands
import Terminal
import WireFormats

struct UploadCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "upload",
        abstract: "Uploads images, waits for their tasks and downloads the outputs.",
        discussion: """
            If a run was interrupted, run the same command again: it skips the uploads and downloads that are done. --again creates \
            new tasks. A file in the folder of --output that exists with other contents is kept, and the exit code is 1; --force \
            replaces it.

            Examples:
              pf upload *.jpg --preset web --output small
              pf upload *.jpg --preset web --batch
              pf upload https://www.example.com/photo.jpg --pipeline thumbs.json --wait
            """)

    /// More would only take streams and connections of the server away from others.
    private static let mostAtATime = 16

    @Argument(help: ArgumentHelp("Files and URLs.", valueName: "image")) var images: [String]

    @Option(help: ArgumentHelp("The preset to apply.", valueName: "name")) var preset: ObjectArgument<Preset>?

    @Option(help: ArgumentHelp("A file with the pipeline to apply, as JSON.", valueName: "file")) var pipeline: String?

    @Option(help: "The priority: high, normal or low. Use low to import many images.") var priority: PriorityArgument?

    @Flag(help: "Upload the images as one batch, whose completion is sent to webhooks; priority low by default.")
    var batch = false

    @Option(help: ArgumentHelp("Where the server sends a signed webhook when a task ends.", valueName: "url")) var webhookURL: String?

    @Flag(help: "Wait until the tasks have ended.") var wait = false

    @Option(help: ArgumentHelp("Wait, and download the outputs into this folder.", valueName: "folder")) var output: String?

    @Flag(help: "Replace files in the folder that exist with other contents.") var force = false

    @Option(help: ArgumentHelp("The number of parallel uploads, 1 to 16.", valueName: "images")) var parallel = 4

    @Option(help: ArgumentHelp("How long to wait for each task.", valueName: "duration")) var timeout: DurationArgument = .seconds(300)

    @Flag(help: "Create new tasks even for images that were uploaded before.") var again = false

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        guard preset == nil || pipeline == nil else { throw ValidationError("Give either --preset or --pipeline.") }
        guard output != nil || !force else { throw ValidationError("--force needs --output.") }
        guard (1...Self.mostAtATime).contains(parallel) else {
            throw ValidationError("--parallel must be from 1 to \(Self.mostAtATime).")
        }
    }

    func run(in session: Session) async throws -> ExitStatus {
        let processing: Upload.Processing =
            if let pipeline {
                .pipeline(try PipelineFile.read(pipeline))
            } else if let preset {
                .preset(try preset.id)
            } else {
                .standard
            }
        let sources = UploadSource.list(images)
        let client = try session.client()
        let batch =
            batch
            ? UploadBatch(
                client: client, description: sources.count == 1 ? sources[0].name : "\(sources.count) images",
                priority: priority?.priority ?? .low) : nil
        let run = UploadRun(
            client: client, processing: processing, priority: priority?.priority, batch: batch, webhookURL: webhookURL,
            records: again ? nil : try UploadRecords(environment: session.environment), waits: wait || output != nil,
            timeout: timeout.duration, folder: try output.map { try OutputFolder($0, replaces: force) },
            progress: UploadProgress(total: sources.count, status: session.printer.status))
        let results = await run.run(sources, parallel: parallel)
        do {
            let closed = try await batch?.close()
            if let closed { run.progress.report(ImageBatch.reference(closed.id), "closed") }
            return finish(results, closed, session)
        } catch {
            let status = finish(results, nil, session)
            let failure = CommandError(error)
            session.printer.report(CommandError(failure.status, "the batch is not closed: \(failure.message)", hint: failure.hint))
            return status == .ok ? failure.status : status
        }
    }

    private func finish(_ results: [UploadRun.Result], _ batch: ImageBatch?, _ session: Session) -> ExitStatus {
        let rows = results.map { result in
            let status = result.task?.status
            return Table.Row([
                Text(result.source.name), Text(result.task?.id ?? "-"), Text(status?.rawValue ?? "-", status?.style ?? .bad),
            ])
        }
        let columns: [Table.Column] = [.init("IMAGE", cut: .middle), .init("TASK"), .init("STATUS")]
        var data: JSONValue = ["uploads": .array(results.map(\.json))]
        data["batch"] = batch?.json
        session.printer.print(
            Document(
                [.table(Table(columns: columns, rows: rows)), .unwrapped(results.flatMap(\.files).map { Text($0.path) })], data: data,
                names: results.compactMap { $0.task?.reference }))
        for result in results {
            guard let failure = result.failure else { continue }
            session.printer.report(CommandError(failure.status, "\(result.source.name): \(failure.message)", hint: failure.hint))
        }
        return results.compactMap(\.failure?.status).first ?? .ok
    }
}

/// A priority by name.
enum PriorityArgument: String, ExpressibleByArgument, CaseIterable {
    case high, normal, low

    var priority: Upload.Priority { Upload.Priority(rawValue: rawValue) }
}

extension UploadRun.Result {
    fileprivate var json: JSONValue {
        var json: JSONValue = [
            "image": .string(source.name), "uploaded": .bool(isSent), "files": .array(files.map(\.json)),
        ]
        json["task"] = task?.json
        json["error"] = failure.map { .string($0.message) }
        return json
    }
}
