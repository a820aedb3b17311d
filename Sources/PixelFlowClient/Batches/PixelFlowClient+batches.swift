import NIOHTTP1
import WireFormats

extension PixelFlowClient {
    /// Opens a batch; uploads refer to it with `Upload.batch`.
    ///
    /// - Parameter priority: of tasks that do not set their own.
    public func createBatch(description: String = "", priority: Upload.Priority? = nil) async throws -> ImageBatch {
        var body: [String: JSONValue] = ["description": .string(description)]
        body["priority"] = priority.map { .string($0.rawValue) }
        return try await batch(Call(.POST, endpoints.api + "/api/batches", headers: .json, body: .json(.object(body))))
    }

    /// The batches of the organisation, newest first and without counts.
    ///
    /// - Parameter limit: the maximum number; nil for all.
    public func batches(upTo limit: Int? = nil) async throws -> [ImageBatch] {
        try await pages(of: endpoints.api + "/api/batches", "batches", size: 200, upTo: limit, ImageBatch.init)
    }

    /// A batch with its counts.
    public func batch(_ id: String) async throws -> ImageBatch { try await batch(Call(.GET, url(id))) }

    /// Closes a batch, so that it accepts no more tasks. Closing it again changes nothing.
    public func closeBatch(_ id: String) async throws -> ImageBatch {
        try await batch(Call(.POST, url(id) + "/close", isRepeatable: true))
    }

    private func batch(_ call: Call) async throws -> ImageBatch { try ImageBatch(Fields(await document(call))) }

    private func url(_ id: String) -> String { endpoints.api + "/api" + Path.joined("batches", id) }
}
