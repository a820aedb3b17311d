package import HTTPTypes
package import Hummingbird
package import PixelFlowCore

/// The conditions of a request: RFC 9110, section 13, for resources that have entity tags and no dates of modification.
package struct Preconditions: Sendable {
    private let ifMatch: EntityTagCondition?
    private let ifNoneMatch: EntityTagCondition?
    private let isRead: Bool

    /// The result of the conditions.
    package enum Outcome: Sendable, Hashable {
        /// The request is carried out as if it had none.
        case holds
        /// The client has the representation already: 304.
        case notModified
        /// A condition does not hold: 412.
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

    /// Whether there is anything to judge.
    package var isEmpty: Bool { ifMatch == nil && ifNoneMatch == nil }

    /// Judges the conditions in the order of section 13.2.2.
    ///
    /// - Parameter tag: of the representation that would be sent or changed; nil if there is none.
    package func outcome(for tag: EntityTag?) -> Outcome {
        if let ifMatch, !(tag.map { tag in ifMatch.contains { $0.matchesStrongly(tag) } } ?? false) { return .failed }
        if let ifNoneMatch, let tag, ifNoneMatch.contains(where: { $0.matchesWeakly(tag) }) {
            return isRead ? .notModified : .failed
        }
        return .holds
    }

    /// Lets a request pass whose conditions hold; `notModified` cannot come of a request that changes something.
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
