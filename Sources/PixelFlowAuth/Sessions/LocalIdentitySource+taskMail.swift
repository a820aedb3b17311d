import PixelFlowCore
import PixelFlowIdentity

/// Mail about tasks. Where no mail is sent nobody is due, and what is reported all the same is of no use.
extension LocalIdentitySource: TaskMailDesk {
    /// Over the longest that the sums of one claim take.
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
