/// Why a run ended without a manifest.
package struct TaskFailure: Sendable, Hashable, Codable {
    package var error: TaskError
    package var retry: PixelFlowError.Retry
    /// Outputs that were tried, where every one of them failed.
    package var outputs: [TaskOutput]
    package var sourceMetadata: SourceMetadata?
    /// Seconds that the source's server asked to be left alone for; only a transient failure heeds them.
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

/// What people are told about a failure.
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
