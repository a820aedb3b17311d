/// Why a run ended without a manifest.
package struct TaskFailure: Sendable, Hashable, Codable {
    package var error: TaskError
    package var retry: PixelFlowError.Retry
    /// The attempted outputs, if all of them failed.
    package var outputs: [TaskOutput]
    package var sourceMetadata: SourceMetadata?
    /// The `Retry-After` of the source's server in seconds; used only for a transient failure.
    package var retryAfter: Int?

    package init(
        error: TaskError, retry: PixelFlowError.Retry, outputs: [TaskOutput] = [], sourceMetadata: SourceMetadata? = nil,
        retryAfter: Int? = nil
    ) {
        self.error = error
        self.retry = retry
        self.outputs = outputs
        self.sourceMetadata = sourceMetadata
        self.retryAfter = retryAfter
    }

    package init(_ error: PixelFlowError) {
        self.init(error: TaskError(error), retry: error.retry, retryAfter: error.retryAfter)
    }
}

/// The description of a failure for people.
package struct TaskError: Sendable, Hashable, Codable {
    package var code: String
    package var message: String

    package init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    package init(_ error: PixelFlowError) {
        self.init(code: error.code, message: error.message)
    }
}
