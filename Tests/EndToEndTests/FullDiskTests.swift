import Conformance
import Foundation
import PixelFlowClient
import PixelFlowCore
import Testing

extension EndToEnd {
    /// A disk without room: nothing is half-done, and all goes on once there is room again.
    @Suite(.enabled("needs the right to mount a small disk in a namespace of its own") { await SmallDisk.isPermitted })
    struct FullDiskTests {
        @Test func anUploadIsRefusedAndWorksLater() async throws {
            try await SmallDisk.run { service, disk in
                let ada = try await Person.signedIn(to: service)
                #expect(try await ada.process(PNG.noise(width: 32, height: 32, seed: 1)).status == .completed)
                try disk.fill(leaving: 0)
                let image = PNG.noise(width: 200, height: 200, seed: 2)
                let refused = try await #require(throws: Problem.self) { try await ada.upload(image) }
                #expect(refused.status == 507, "\(refused)")
                #expect(refused.code == "insufficient_storage")
                #expect(refused.retryAfter != nil)
                disk.free()
                #expect(try await ada.process(image).status == .completed)
                // Of the refused upload there is no trace.
                #expect(try await ada.client.list().count == 2)
                #expect(try await ada.client.readiness().isReady)
            }
        }

        @Test func aTaskIsTriedAgainUntilItsOutputsFit() async throws {
            try await SmallDisk.run { service, disk in
                let ada = try await Person.signedIn(to: service)
                let id = try await ada.upload(SlowJob.image, pipeline: SlowJob.seconds).id
                // Long before the output is ready. Less than outputs leave free, and enough for the database.
                try disk.fill(leaving: 1 << 20)
                let waiting = try await ada.wait(for: id, "a first failure") { $0.error != nil }
                #expect(waiting.error?.code == "insufficient_storage")
                #expect(!waiting.status.isFinal)
                disk.free()
                let task = try await ada.final(id)
                #expect(task.status == .completed)
                // An outage of ours is not the image's fault.
                #expect(task.attempts == 1)
                #expect(try await ada.download("slow", of: id).count == task.outputs[0].bytes)
            }
        }
    }
}
