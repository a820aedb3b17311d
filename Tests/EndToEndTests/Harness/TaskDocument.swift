import Foundation
import HistoryChecker
import PixelFlowClient
import PixelFlowCore

/// A task as returned by api.
struct TaskDocument: Decodable, Sendable {
    struct Output: Decodable, Sendable {
        var name: String
        var status: String
        var format: String?
        var width: Int?
        var height: Int?
        var bytes: Int?
        var sha256: String?
        var error: TaskError?
    }

    struct Source: Decodable, Sendable {
        var format: String
        var width: Int
        var height: Int
        var frames: Int
        var orientation: Int
        var blurhash: String?
        var dominantColor: String?
    }

    struct Step: Decodable, Sendable {
        var status: TaskStatus
        var reason: String
    }

    var id: TaskID
    var status: TaskStatus
    var generation: Int
    var attempts: Int
    var progress: Double
    var source: Source?
    var outputs: [Output]
    var error: TaskError?
    var history: [Step]
    var startedAt: String?
    var completedAt: String?
    /// The end of the `ETag`; only in a response with this task alone.
    var revision: Int?

    init(_ task: ImageTask) throws {
        try self.init(json: Data(task.json.text().utf8))
        revision = task.etag?.trimmingCharacters(in: ["\""]).split(separator: "-").last.flatMap { Int($0) }
    }

    init(json: Data) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(TaskDocument.self, from: json)
    }

    /// The observation that a client makes with this document.
    func observation(by client: String, _ means: Observation.Means, revision: Int) -> Observation {
        let hashes = outputs.compactMap { output in output.sha256.map { (output.name, $0) } }
        return Observation(
            client: client, means: means, task: id, status: status, generation: generation, revision: revision,
            outputs: Dictionary(hashes) { first, _ in first })
    }
}
