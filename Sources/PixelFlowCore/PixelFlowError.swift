/// A failure that operators, clients and retry policies can interpret.
///
/// `code` is stable and machine-readable, `message` is human-readable and safe to show to a
/// client. `cause` is for the logs only and never leaves the process.
package struct PixelFlowError: Error, Sendable {
    /// The category of a failure, which determines the HTTP status and the retry.
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// The request itself is malformed (400).
        case malformed
        /// Missing or invalid credentials (401).
        case unauthenticated
        /// Valid credentials, but the action is not allowed (403).
        case forbidden
        /// The resource does not exist, or belongs to another tenant (404).
        case notFound
        /// The state of the resource does not allow the action (409).
        case conflict
        /// The resource is not in the state that the request requires (412).
        case preconditionFailed
        /// The body exceeds the limit (413).
        case tooLarge
        /// The content type is not supported (415).
        case unsupportedMediaType
        /// The range is outside of the representation (416).
        case rangeNotSatisfiable
        /// Well-formed, but a value is not acceptable (422).
        case invalid
        /// Too many requests (429).
        case throttled
        /// A backend of PixelFlow is down; the same request can work later (503).
        case unavailable
        /// There is not enough storage for the request (507).
        case insufficientStorage
        /// A defect of PixelFlow (500). The message reveals no internals.
        case `internal`
    }

    /// Whether the same work can succeed later, and what caused the failure.
    package enum Retry: String, Sendable, Codable {
        /// Never: the input is the cause (not an image, a blocked address, a 404).
        case permanent
        /// A retry may help: a timeout, or a 5xx of a third-party server. Costs an attempt.
        case transient
        /// Will succeed once PixelFlow's own backend has recovered. Costs no attempt.
        case outage
        /// The render process crashed on this input; after the second crash, the task is poison.
        case crash
        /// The render process was killed from outside: by the kernel because of a lack of memory, or by an operator.
        /// Costs no attempt; if it happens repeatedly, the task gets one isolated run.
        case killed
    }

    package let kind: Kind
    /// Stable and machine-readable, in `snake_case`.
    package let code: String
    /// One human-readable sentence.
    package let message: String
    package let retry: Retry
    /// The path of the offending field, such as `outputs[0].operations[1].width`.
    package let field: String?
    /// Seconds after which a retry makes sense, if known.
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
    /// Whether the error means that one of PixelFlow's own backends is unavailable.
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

    /// A backend of PixelFlow does not respond. Costs the task no attempt.
    package static func unavailable(_ backend: String, cause: (any Error)? = nil) -> PixelFlowError {
        PixelFlowError(
            .unavailable, code: "\(backend)_unavailable", "The \(backend) is not available at the moment; try again later.",
            retry: .outage, retryAfter: 5, cause: cause)
    }

    /// A backend is overloaded. Costs the task no attempt.
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
        let location = field.map { " at \($0)" } ?? ""
        let origin = cause.map { " (\($0))" } ?? ""
        return "\(code)\(location): \(message)\(origin)"
    }
}
