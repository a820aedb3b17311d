import Conformance
import Foundation
import PixelFlowClient
import PixelFlowCore
import Testing

extension EndToEnd {
    /// A full disk: nothing is left incomplete, and everything continues once there is space again.
    @Suite(.enabled("needs the right to mount a small disk in a namespace of its own") { await SmallDisk.isPermitted })
    struct FullDiskTests {
        @Test func uploadIsRefusedUntilThereIsSpace() async throws {
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
                // The rejected upload has left nothing behind.
                #expect(try await ada.client.list().count == 2)
                #expect(try await ada.client.readiness().isReady)
            }
        }

        @Test func taskIsRetriedUntilItsOutputsFit() async throws {
            try await SmallDisk.run { service, disk in
                let ada = try await Person.signedIn(to: service)
                let id = try await ada.upload(SlowJob.image, pipeline: SlowJob.seconds).id
                // Long before the output is ready. Less than outputs must leave free, but enough for the database.
                try disk.fill(leaving: 1 << 20)
                let waiting = try await ada.wait(for: id, "a first failure") { $0.error != nil }
                #expect(waiting.error?.code == "insufficient_storage")
                #expect(!waiting.status.isFinal)
                disk.free()
                let task = try await ada.final(id)
                #expect(task.status == .completed)
                // An outage of the storage is not caused by the image.
                #expect(task.attempts == 1)
                #expect(try await ada.download("slow", of: id).count == task.outputs[0].bytes)
            }
        }
    }
}
