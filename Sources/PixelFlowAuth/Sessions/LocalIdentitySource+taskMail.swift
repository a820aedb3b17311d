import PixelFlowCore
import PixelFlowIdentity

/// Mail about tasks. If no mail is sent, no digests are due and reports are ignored.
extension LocalIdentitySource: TaskMailDesk {
    /// Longer than it takes to compute the sums of one claim.
    private static let lease = Duration.seconds(120)

    func claimDigests() async throws -> [DigestRequest] {
        guard let notices else { return [] }
        return try await store.claimDigests(
            notices.outbox.settings.schedule, at: clock.now(), lease: Self.lease, limit: DigestRequest.limit)
    }

    func report(_ digests: [TaskDigest]) async throws {
        guard let notices else { return }
        notices.report(try await store.report(digests, mailingFor: NoticeOutbox.lifetime, at: clock.now()))
    }

    func report(_ batches: [EndedBatch]) async throws {
        guard let notices else { return }
        notices.report(try await store.report(batches, mailingFor: NoticeOutbox.lifetime, at: clock.now()))
    }
}
