public import Deadlines
public import PixelFlowCore

extension WakeUpSubscription {
    /// The next wake-up, or nil once the subscription is closed, unless it takes longer than `limit`.
    ///
    /// - Throws: `DeadlineExceeded` with `what` after the limit, and what the subscription throws.
    public func next(
        within limit: Duration = .patience, _ what: String, file: String = #fileID, line: Int = #line
    ) async throws -> WakeUpDelivery? {
        try await Deadlines.within(limit, what, file: file, line: line) { try await next() }
    }
}
