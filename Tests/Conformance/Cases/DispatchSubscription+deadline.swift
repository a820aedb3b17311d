package import Deadlines
package import PixelFlowCore

extension DispatchSubscription {
    /// The next dispatch message, or nil once the subscription is closed, with a time limit.
    ///
    /// - Throws: `DeadlineExceeded` with `what` after the limit, and the errors of the subscription.
    package func next(
        within limit: Duration = .testDeadline, _ what: String, file: String = #fileID, line: Int = #line
    ) async throws -> DispatchDelivery? {
        try await Deadlines.within(limit, what, file: file, line: line) { try await next() }
    }
}
