import Conformance
import Foundation
import NIOCore
import PixelFlowClient
import PixelFlowCore
import Testing

/// A user of the service, with the client library.
struct Person: Sendable {
    static let password = "correct horse battery staple"

    let service: any Installation
    /// Connects directly to auth and api. Retries nothing, so that a test sees each response.
    var client: PixelFlowClient

    var token: String? { client.token }

    init(service: any Installation, token: String? = nil) {
        self.service = service
        let (auth, api) = (service.ports.auth, service.ports.api)
        client = PixelFlowClient(
            Endpoints(auth: "http://127.0.0.1:\(auth)", api: "http://127.0.0.1:\(api)"), token: token, retries: .none,
            requestTimeout: .seconds(60))
    }

    /// Registers and signs in.
    static func signedIn(
        to service: any Installation, as email: String = "ada@example.org", password: String = password
    ) async throws -> Person {
        let visitor = Person(service: service)
        _ = try await visitor.client.register(email: email, password: password)
        return Person(service: service, token: try await visitor.client.logIn(email: email, password: password).token)
    }

    // MARK: Uploads

    func upload(_ image: Data, pipeline: String? = nil, key: String? = nil) async throws -> TaskDocument {
        try await upload(.bytes(ByteBuffer(bytes: image)), pipeline, key: key)
    }

    func upload(url: String, pipeline: String? = nil) async throws -> TaskDocument { try await upload(.url(url), pipeline) }

    private func upload(_ source: Upload.Source, _ pipeline: String?, key: String? = nil) async throws -> TaskDocument {
        let processing: Upload.Processing = try pipeline.map { .pipeline(try JSONValue(parsing: $0)) } ?? .standard
        return try TaskDocument(await client.upload(Upload(source, processing, idempotencyKey: key)))
    }

    // MARK: Tasks

    func task(_ id: TaskID) async throws -> TaskDocument { try TaskDocument(await client.task(id.rawValue)) }

    /// Waits for a condition on a task.
    @discardableResult
    func wait(
        for id: TaskID, within deadline: Duration = .seconds(90), _ what: String, _ isWanted: (TaskDocument) -> Bool
    ) async throws -> TaskDocument {
        try await eventually(within: deadline, what) {
            let task = try await task(id)
            return isWanted(task) ? task : nil
        }
    }

    /// Waits until a task has finished.
    @discardableResult
    func final(_ id: TaskID, within deadline: Duration = .seconds(90)) async throws -> TaskDocument {
        try await wait(for: id, within: deadline, "task \(id) to end", \.status.isFinal)
    }

    /// Uploads an image and waits until its task has finished.
    func process(_ image: Data, pipeline: String? = nil) async throws -> TaskDocument {
        try await final(try await upload(image, pipeline: pipeline).id)
    }

    /// The bytes of an output.
    func download(_ output: String, of task: TaskID) async throws -> Data {
        try await client.output(output, ofTask: task.rawValue).data()
    }

    // MARK: Events

    /// Reads changes of tasks until `body` returns false.
    ///
    /// - Parameter onOpen: called when the stream is open.
    func events(after lastID: String? = nil, onOpen: () -> Void = {}, _ body: (TaskChange) async throws -> Bool) async throws {
        // bounded: by the reader, who has had enough or is cancelled.
        for try await event in client.events(after: lastID) {
            if case .opened = event.change { onOpen() }
            guard case .task(let task) = event.change, let id = event.id else { continue }
            if try await !body(TaskChange(id: id, task: try TaskDocument(task))) { return }
        }
    }
}

/// A change of a task from the event stream.
struct TaskChange: Sendable {
    var id: String
    var task: TaskDocument

    /// Event ids end with the revision of the task.
    var revision: Int? { id.split(separator: "-").last.flatMap { Int($0) } }
}

extension Download {
    /// Reads all bytes.
    func data() async throws -> Data {
        var data = Data()
        // bounded: by the HTTP client's limit on silence; images of tests are small.
        for try await piece in bytes { data.append(contentsOf: piece.readableBytesView) }
        return data
    }
}
