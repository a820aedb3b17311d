import Conformance
import Foundation
import PixelFlowClient
import PixelFlowCore
import Testing

extension EndToEnd {
    /// Render processes that die while they work.
    @Suite struct RenderCrashTests {
        @Test func aTaskSurvivesOneCrash() async throws {
            try await LiveService.run(["PIXELFLOW_RENDER_PROCESSES": "1"]) { service in
                let ada = try await Person.signedIn(to: service)
                let id = try await ada.upload(SlowJob.image, pipeline: SlowJob.seconds).id
                let ended = try await endBusyProcess(of: service, by: SIGILL)
                let task = try await ada.final(id)
                #expect(task.status == .completed)
                #expect(task.attempts == 2)
                #expect(task.history.map(\.reason).contains("render_crashed"))
                #expect(!service.renderProcesses().contains(ended))
            }
        }

        /// Like the kernel when memory runs out: an outage that the image has not caused.
        @Test func externalKillCountsNoAttempt() async throws {
            try await LiveService.run(["PIXELFLOW_RENDER_PROCESSES": "1"]) { service in
                let ada = try await Person.signedIn(to: service)
                let id = try await ada.upload(SlowJob.image, pipeline: SlowJob.seconds).id
                _ = try await endBusyProcess(of: service, by: SIGKILL)
                let task = try await ada.final(id)
                #expect(task.status == .completed)
                #expect(task.attempts == 1)
                #expect(task.history.map(\.reason).contains("render_killed"))
            }
        }

        @Test func taskThatCrashesTwiceFailsAsPoison() async throws {
            try await LiveService.run(["PIXELFLOW_RENDER_PROCESSES": "1"]) { service in
                let ada = try await Person.signedIn(to: service)
                let id = try await ada.upload(SlowJob.image, pipeline: SlowJob.long).id
                let first = try await endBusyProcess(of: service, by: SIGILL)
                let second = try await endBusyProcess(of: service, by: SIGILL)
                #expect(first != second)
                let task = try await ada.final(id)
                #expect(task.status == .failed)
                #expect(task.error?.code == "poison")
                // Neither the next image nor the service is affected.
                #expect(try await ada.process(PNG.noise(width: 64, height: 64, seed: 1)).status == .completed)
                #expect(try await ada.client.readiness().isReady)
            }
        }

        @Test func runningTaskIsStoppedByACancellation() async throws {
            try await LiveService.run(["PIXELFLOW_RENDER_PROCESSES": "1"]) { service in
                let ada = try await Person.signedIn(to: service)
                let id = try await ada.upload(SlowJob.image, pipeline: SlowJob.long).id
                _ = try await busyProcess(of: service)
                let start = ContinuousClock.now
                _ = try await ada.client.cancel(id.rawValue)
                #expect(try await ada.final(id).status == .cancelled)
                #expect(ContinuousClock.now - start < .seconds(9))
                #expect(try await ada.process(PNG.noise(width: 64, height: 64, seed: 1)).status == .completed)
            }
        }

        private func endBusyProcess(of service: LiveService, by signal: Int32) async throws -> pid_t {
            let process = try await busyProcess(of: service)
            kill(process, signal)
            _ = try await eventually("process \(process) to be gone") { service.renderProcesses().contains(process) ? nil : true }
            return process
        }

        /// The render process that is running a job: starting one takes less than half a second of CPU time, and only
        /// the slow job takes a significant amount.
        private func busyProcess(of service: LiveService) async throws -> pid_t {
            try await eventually(within: .seconds(60), "a render process to be at work") {
                service.renderProcesses().first { (processorTicks(of: $0) ?? 0) >= 100 }
            }
        }

        /// The CPU time of a process in hundredths of a second.
        private func processorTicks(of process: pid_t) -> Int? {
            guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
                let rest = text.split(separator: ")").last
            else { return nil }
            let fields = rest.split(separator: " ")
            guard fields.count > 13, let user = Int(fields[11]), let system = Int(fields[12]) else { return nil }
            return user + system
        }
    }
}
