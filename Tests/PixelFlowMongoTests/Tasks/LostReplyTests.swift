import Conformance
import FaultProxy
import Foundation
import PixelFlowCore
import PixelFlowMongo
import Testing

/// The server has done the work, but its reply is lost.
@Suite(.serialized, .enabled(if: TestServer.isThere, TestServer.absence))
struct LostReplyTests {
    @Test func aTaskWithALostReplyIsCreatedOnce() async throws {
        try await TestProxy.with { proxy, store, _ in
            let made = Sample.task(key: "k")
            let cut = proxy.cutReplies(toRequestsContaining: "insert\0")
            let created = try await store.add(made)
            #expect(cut.cuts == 1)
            #expect(created.id == made.id)
            #expect(try await store.list(TaskQuery(tenant: Sample.tenant)).tasks == [created])
        }
    }

    @Test func creatingAgainAfterAnOutageGivesTheSameTask() async throws {
        try await TestProxy.with { proxy, store, _ in
            let made = Sample.task(key: "k")
            // The command and its retry.
            proxy.cutReplies(next: 2, toRequestsContaining: "insert\0")
            await #expect(throws: PixelFlowError.self) { try await store.create(made) }
            let again = try await store.add(made)
            #expect(again.id == made.id)
            #expect(try await store.list(TaskQuery(tenant: Sample.tenant)).tasks == [again])
            #expect(try await store.create(Sample.task(key: "k")) == .existing(again))
        }
    }

    @Test func aClaimWithALostReplyIsKept() async throws {
        try await TestProxy.with { proxy, store, _ in
            let task = try await store.add()
            let cut = proxy.cutReplies(toRequestsContaining: "update\0")
            let claimed = try await store.claim(task.id, by: Sample.worker)
            #expect(cut.cuts == 1)
            #expect(claimed?.epoch == 1)
            #expect(claimed?.lease?.worker == Sample.worker)
        }
    }

    @Test func aCompletionWithALostReplyIsRecognised() async throws {
        try await TestProxy.with { proxy, store, _ in
            let claimed = try await store.addClaimed()
            let cut = proxy.cutReplies(toRequestsContaining: "update\0")
            let done = try await store.complete(claimed.claim, with: Sample.manifest(of: claimed))
            #expect(cut.cuts == 1)
            #expect(done?.status == .completed)
            #expect(try await store.find(claimed.id, of: Sample.tenant) == done)
        }
    }

    @Test func completingAgainAfterAnOutageGivesTheSameTask() async throws {
        try await TestProxy.with { proxy, store, _ in
            let claimed = try await store.addClaimed()
            proxy.cutReplies(next: 2, toRequestsContaining: "update\0")
            await #expect(throws: PixelFlowError.self) {
                try await store.complete(claimed.claim, with: Sample.manifest(of: claimed))
            }
            let done = try await store.complete(claimed.claim, with: Sample.manifest(of: claimed))
            #expect(done?.status == .completed)
            #expect(done?.outbox.count == 1)
        }
    }

    @Test(arguments: [PixelFlowError.Retry.permanent, .transient])
    func aFailureWithALostReplyIsRecognised(retry: PixelFlowError.Retry) async throws {
        try await TestProxy.with { proxy, store, _ in
            let claimed = try await store.addClaimed()
            proxy.cutReplies(toRequestsContaining: "update\0")
            let failure = TaskFailure(error: TaskError(code: "went_wrong", message: "It went wrong."), retry: retry)
            let failed = try await store.fail(claimed.claim, with: failure)
            #expect(failed?.error?.code == "went_wrong")
            #expect(try await store.find(claimed.id, of: Sample.tenant) == failed)
        }
    }

    @Test func aRenewalWithALostReplyHolds() async throws {
        try await TestProxy.with { proxy, store, _ in
            let claimed = try await store.addClaimed()
            proxy.cutReplies(toRequestsContaining: "update\0")
            #expect(try await store.renew(claimed.claim) == .extended)
            #expect(try await store.complete(claimed.claim, with: Sample.manifest(of: claimed))?.status == .completed)
        }
    }
}
