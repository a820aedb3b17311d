import PixelFlowClient

/// The batch of a run. Created when the first image is sent, so that a run that sends nothing creates none.
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

    /// If creating the batch fails, the calls for all images throw the error.
    func id() async throws -> String {
        let opening = opening ?? Task { [self] in try await client.createBatch(description: description, priority: priority) }
        self.opening = opening
        return try await opening.value.id
    }

    /// - Returns: nil if no batch was created.
    func close() async throws -> ImageBatch? {
        guard let batch = try? await opening?.value else { return nil }
        return try await client.closeBatch(batch.id)
    }
}
