import Conformance
import Deadlines
import Foundation
import NIOCore
import PixelFlowCore
import Testing

extension EndToEnd {
    /// SIGTERM, as sent by `docker stop` and Kubernetes.
    @Suite struct ShutdownTests {
        @Test func restartUnderLoadLosesNothing() async throws {
            try await LiveService.run(["PIXELFLOW_RENDER_PROCESSES": "1"]) { service in
                let ada = try await Person.signedIn(to: service)
                var tasks: [TaskID] = []
                for seed in 1...40 {
                    let size = seed % 4 == 0 ? 600 : 64
                    let image = PNG.noise(width: size, height: size, seed: UInt64(seed))
                    tasks.append(try await ada.upload(image, pipeline: #"{"outputs":[{"name":"a","format":"webp","effort":9}]}"#).id)
                }
                service.terminate()
                #expect(try await service.waitForExit() == 0)
                try await service.start()
                for id in tasks {
                    let task = try await ada.final(id)
                    #expect(task.status == .completed)
                    // A restart costs no attempt.
                    #expect(task.attempts == 1)
                    #expect(task.history.filter { $0.status == .completed }.count == 1)
                }
            }
        }

        @Test func runningTaskFinishesWhileProbesReportNotReady() async throws {
            try await LiveService.run(["PIXELFLOW_RENDER_PROCESSES": "1", "PIXELFLOW_SHUTDOWN_GRACE": "60"]) { service in
                let ada = try await Person.signedIn(to: service)
                let id = try await ada.upload(SlowJob.image, pipeline: SlowJob.seconds).id
                try await ada.wait(for: id, "the task to be at work") { $0.status == .processing }
                service.terminate()
                _ = try await eventually("readyz to say no") {
                    try await ada.get("/readyz", port: service.ports.worker).status == 503 ? true : nil
                }
                #expect(try await ada.get("/livez", port: service.ports.worker).status == 200)
                #expect(try await service.waitForExit(within: .seconds(70)) == 0)
                try await service.start()
                let task = try await ada.task(id)
                #expect(task.status == .completed)
                #expect(task.history.map(\.reason) == ["created", "claimed", "completed"])
            }
        }

        @Test func tooLongTaskIsReleasedAtShutdown() async throws {
            try await LiveService.run(["PIXELFLOW_RENDER_PROCESSES": "1", "PIXELFLOW_SHUTDOWN_GRACE": "1"]) { service in
                let ada = try await Person.signedIn(to: service)
                let id = try await ada.upload(SlowJob.image, pipeline: SlowJob.seconds).id
                try await ada.wait(for: id, "the task to be at work") { $0.status == .processing }
                let start = ContinuousClock.now
                service.terminate()
                #expect(try await service.waitForExit() == 0)
                #expect(ContinuousClock.now - start < .seconds(10))
                try await service.start()
                let task = try await ada.final(id)
                #expect(task.status == .completed)
                #expect(task.attempts == 1)
                #expect(task.history.map(\.reason) == ["created", "claimed", "handed_back", "claimed", "completed"])
            }
        }

        @Test func openEventStreamDoesNotDelayShutdown() async throws {
            try await LiveService.run { service in
                let ada = try await Person.signedIn(to: service)
                _ = try await ada.process(PNG.noise(width: 8, height: 8, seed: 1))
                let opened = AsyncStream.makeStream(of: Void.self)
                let listening = Task {
                    try? await ada.events(after: "1-x-1") { _ in
                        opened.continuation.finish()
                        return true
                    }
                }
                try await opened.stream.end("the stream to be open")
                let start = ContinuousClock.now
                service.terminate()
                #expect(try await service.waitForExit() == 0)
                #expect(ContinuousClock.now - start < .seconds(10))
                try await listening.value("the stream to end")
            }
        }
    }
}
