package import HTTPTypes
package import Hummingbird
package import PixelFlowCore

/// The preconditions of a request: RFC 9110, section 13, for resources with entity tags but without modification dates.
package struct Preconditions: Sendable {
    private let ifMatch: EntityTagCondition?
    private let ifNoneMatch: EntityTagCondition?
    private let isRead: Bool

    /// The result of the conditions.
    package enum Outcome: Sendable, Hashable {
        /// Execute the request as if it had no preconditions.
        case holds
        /// The client already has the representation: 304.
        case notModified
        /// A precondition is false: 412.
        case failed
    }

    package init(_ request: Request) {
        self.init(request.headers, method: request.method)
    }

    init(_ headers: HTTPFields, method: HTTPRequest.Method) {
        ifMatch = headers[.ifMatch].map { EntityTagCondition($0) }
        ifNoneMatch = headers[.ifNoneMatch].map { EntityTagCondition($0) }
        isRead = method == .get || method == .head
    }

    /// Whether the request has no preconditions.
    package var isEmpty: Bool { ifMatch == nil && ifNoneMatch == nil }

    /// Evaluates the preconditions in the order of section 13.2.2.
    ///
    /// - Parameter tag: the tag of the representation that would be sent or changed; nil if there is none.
    package func outcome(for tag: EntityTag?) -> Outcome {
        if let ifMatch, !(tag.map { tag in ifMatch.contains { $0.matchesStrongly(tag) } } ?? false) { return .failed }
        if let ifNoneMatch, let tag, ifNoneMatch.contains(where: { $0.matchesWeakly(tag) }) {
            return isRead ? .notModified : .failed
        }
        return .holds
    }

    /// Returns if the preconditions hold; `notModified` is impossible for requests that change something.
    ///
    /// - Throws: `precondition_failed` (412).
    package func require(_ tag: EntityTag?) throws(PixelFlowError) {
        if outcome(for: tag) == .failed { throw .preconditionFailed }
    }

    /// The response to a `GET` or `HEAD` whose preconditions fail; nil if the request must be executed.
    ///
    /// - Parameter headers: the caching headers of the 200 response, including the tag.
    /// - Throws: `precondition_failed` (412).
    package func response(for tag: EntityTag, headers: HTTPFields) throws(PixelFlowError) -> Response? {
        switch outcome(for: tag) {
        case .holds: return nil
        case .notModified: return Response(status: .notModified, headers: headers)
        case .failed: throw .preconditionFailed
        }
    }
}

extension PixelFlowError {
    /// `If-Match` or `If-None-Match` does not hold (412).
    package static let preconditionFailed = PixelFlowError(
        .preconditionFailed, code: "precondition_failed",
        "The resource does not match the precondition If-Match or If-None-Match; read it again.")
}
