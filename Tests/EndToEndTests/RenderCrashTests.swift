import Conformance
import Foundation
import PixelFlowClient
import PixelFlowCore
import Testing

extension EndToEnd {
    /// Render processes that die at work.
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

        /// As the kernel does where memory runs out: an outage, and not the image's fault.
        @Test func aKillFromOutsideSpendsNoAttempt() async throws {
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

        @Test func aTaskThatCrashesTwiceIsPoison() async throws {
            try await LiveService.run(["PIXELFLOW_RENDER_PROCESSES": "1"]) { service in
                let ada = try await Person.signedIn(to: service)
                let id = try await ada.upload(SlowJob.image, pipeline: SlowJob.long).id
                let first = try await endBusyProcess(of: service, by: SIGILL)
                let second = try await endBusyProcess(of: service, by: SIGILL)
                #expect(first != second)
                let task = try await ada.final(id)
                #expect(task.status == .failed)
                #expect(task.error?.code == "poison")
                // The next image is none the worse for it, and neither is the service.
                #expect(try await ada.process(PNG.noise(width: 64, height: 64, seed: 1)).status == .completed)
                #expect(try await ada.client.readiness().isReady)
            }
        }

        @Test func aCancelledTaskIsStoppedInTheMiddle() async throws {
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

        /// The render process that is in the middle of a job: starting takes it less than half a second of a processor, and no
        /// job of these tests but the slow one takes anything to speak of.
        private func busyProcess(of service: LiveService) async throws -> pid_t {
            try await eventually(within: .seconds(60), "a render process to be at work") {
                service.renderProcesses().first { (processorTicks(of: $0) ?? 0) >= 100 }
            }
        }

        /// Hundredths of a second that a process has used.
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
