import PixelFlowClient

/// The batch of a run: opened for the first image that is sent, so that a run that sends nothing opens none.
actor UploadBatch {
    private let client: PixelFlowClient
    private let description: String
    private let priority: Upload.Priority
    private var opening: Task<ImageBatch, any Error>?

    init(client: PixelFlowClient, description: String, priority: Upload.Priority) {
        self.client = client
        self.description = description
        self.priority = priority
    }

    /// Of a failure, every image is told.
    func id() async throws -> String {
        let opening = opening ?? Task { [self] in try await client.createBatch(description: description, priority: priority) }
        self.opening = opening
        return try await opening.value.id
    }

    /// - Returns: nil if none has been opened.
    func close() async throws -> ImageBatch? {
        guard let batch = try? await opening?.value else { return nil }
        return try await client.closeBatch(batch.id)
    }
}
