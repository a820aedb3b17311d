/// A failure that operators, clients and retry policies can interpret.
///
/// `code` is stable and machine-readable, `message` is human-readable and safe to show to a
/// client. `cause` is for the logs only and never leaves the process.
package struct PixelFlowError: Error, Sendable {
    /// What a caller can do about a failure; decides the HTTP status and the retry.
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// The request itself is malformed (400).
        case malformed
        /// No or bad credentials (401).
        case unauthenticated
        /// Credentials are fine, the action is not allowed (403).
        case forbidden
        /// The resource does not exist, or belongs to another tenant (404).
        case notFound
        /// The state of the thing does not allow the action (409).
        case conflict
        /// The resource is not in the state that the request requires (412).
        case preconditionFailed
        /// More bytes than allowed (413).
        case tooLarge
        /// The body is of a type that is not accepted (415).
        case unsupportedMediaType
        /// A range that the representation does not have (416).
        case rangeNotSatisfiable
        /// Well-formed, but a value is not acceptable (422).
        case invalid
        /// Too many requests (429).
        case throttled
        /// A backend of PixelFlow is down; the same request can work later (503).
        case unavailable
        /// There is not enough storage for the request (507).
        case insufficientStorage
        /// A defect of PixelFlow (500). The message says nothing of the inside.
        case `internal`
    }

    /// Whether the same work can succeed later, and whose fault the failure is.
    package enum Retry: String, Sendable, Codable {
        /// Never: the input is at fault (not an image, a blocked address, a 404).
        case permanent
        /// A retry may help: a timeout, or a 5xx of a third-party server. Costs an attempt.
        case transient
        /// Surely, once PixelFlow's own backend is back. Spends no attempt.
        case outage
        /// The render process died on this input; twice and the task is poison.
        case crash
        /// The render process was killed from outside: by the kernel for lack of memory, or by an operator.
        /// Costs no attempt; if it happens repeatedly, the task gets one isolated run.
        case killed
    }

    package let kind: Kind
    /// Stable, `snake_case`, for machines.
    package let code: String
    /// One human-readable sentence.
    package let message: String
    package let retry: Retry
    /// The path of the offending field, as in `outputs[0].operations[1].width`.
    package let field: String?
    /// Seconds after which a retry makes sense, where known.
    package let retryAfter: Int?
    /// The underlying error. For logs only.
    package let cause: (any Error)?

    package init(
        _ kind: Kind,
        code: String,
        _ message: String,
        retry: Retry = .permanent,
        field: String? = nil,
        retryAfter: Int? = nil,
        cause: (any Error)? = nil
    ) {
        self.kind = kind
        self.code = code
        self.message = message
        self.retry = retry
        self.field = field
        self.retryAfter = retryAfter
        self.cause = cause
    }
}

extension PixelFlowError {
    /// Whether the error says that one of PixelFlow's own backends is down.
    package static func isOutage(_ error: any Error) -> Bool { (error as? PixelFlowError)?.retry == .outage }
}

extension PixelFlowError {
    /// A value that is well-formed but not acceptable; `field` is its path.
    package static func invalid(_ field: String, _ message: String, code: String = "invalid_value") -> PixelFlowError {
        PixelFlowError(.invalid, code: code, message, field: field)
    }

    /// The error for everything that does not exist or belongs to another tenant.
    package static func notFound(_ what: String) -> PixelFlowError {
        PixelFlowError(.notFound, code: "not_found", "The \(what) does not exist.")
    }

    /// A backend of PixelFlow that does not answer. Costs the task no attempt.
    package static func unavailable(_ backend: String, cause: (any Error)? = nil) -> PixelFlowError {
        PixelFlowError(
            .unavailable, code: "\(backend)_unavailable", "The \(backend) is not available at the moment; try again later.",
            retry: .outage, retryAfter: 5, cause: cause)
    }

    /// A backend that has more to do than it may take on. Costs the task no attempt.
    package static func busy(_ backend: String, cause: (any Error)? = nil) -> PixelFlowError {
        PixelFlowError(
            .unavailable, code: "\(backend)_busy", "The \(backend) is overloaded at the moment; try again later.",
            retry: .outage, retryAfter: 1, cause: cause)
    }

    /// The disk or the object store is full: an outage that ends when space is freed. Costs the task no attempt.
    package static func insufficientStorage(cause: (any Error)? = nil) -> PixelFlowError {
        PixelFlowError(
            .insufficientStorage, code: "insufficient_storage",
            "There is not enough space to store images; delete tasks or ask the operator to add space.",
            retry: .outage, retryAfter: 60, cause: cause)
    }

    /// Wraps an unexpected error, so that its text is not exposed.
    package static func unexpected(_ cause: any Error) -> PixelFlowError {
        if let known = cause as? PixelFlowError { return known }
        return PixelFlowError(
            .internal, code: "internal_error",
            "An internal error occurred; try again later.", retry: .transient, cause: cause)
    }
}

extension PixelFlowError: CustomStringConvertible {
    package var description: String {
        let place = field.map { " at \($0)" } ?? ""
        let origin = cause.map { " (\($0))" } ?? ""
        return "\(code)\(place): \(message)\(origin)"
    }
}
