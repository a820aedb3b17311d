import Conformance
import Foundation
import NIOHTTP1
import PixelFlowClient
import PixelFlowCore
import Testing

extension EndToEnd {
    /// What the log contains, and what it must never contain.
    @Suite struct LogTests {
        @Test func logLinesOfATaskShareItsRequestID() async throws {
            try await LiveService.run(["PIXELFLOW_LOG_LEVEL": "debug"]) { service in
                let ada = try await Person.signedIn(to: service)
                await #expect(throws: Problem.self) { try await ada.client.logIn(email: "ada@example.org", password: "wrong but secret") }
                let reply = try await ada.postBody(PNG.noise(width: 8, height: 8, seed: 1), type: "image/png")
                let request = try #require(reply.header("x-request-id"))
                let task = try await ada.final(reply.task().id)
                let about = try await eventually("the end of the run in the log") {
                    let about = try lines(service).filter { $0["task_id"] as? String == task.id.rawValue }
                    return about.contains { $0["event"] as? String == "run ended" } ? about : nil
                }
                #expect(about.allSatisfy { $0["request_id"] as? String == request })
                // The request's own line has the same id.
                #expect(try lines(service).contains { $0["event"] as? String == "request" && $0["request_id"] as? String == request })
                service.terminate()
                #expect(try await service.waitForExit() == 0)
                for line in try lines(service) {
                    #expect(line["ts"] is String && line["level"] is String && line["event"] is String && line["service"] is String)
                }
                let everything = service.logText + service.outputText
                for secret in [Person.password, "wrong but secret", try #require(ada.token)] { #expect(!everything.contains(secret)) }
            }
        }

        @Test func requestIDOfThePageReachesTheWorkerLog() async throws {
            try await LiveService.run { service in
                let ada = try await Person.signedIn(to: service)
                let id = "support-case-4711"
                let reply = try await ada.postBody(
                    PNG.noise(width: 8, height: 8, seed: 2), type: "image/png", port: service.ports.web, headers: ["x-request-id": id])
                #expect(reply.header("x-request-id") == id)
                let task = try reply.task().id
                let steps: Set = ["web request", "api request", "api task created", "worker run started", "worker run ended"]
                let seen = try await eventually("a line from each of \(steps)") {
                    let about = try lines(service).filter { $0["request_id"] as? String == id }
                    let seen = Set(about.map { "\($0["logger"] ?? "") \($0["event"] ?? "")" })
                    return seen.isSuperset(of: steps) ? about : nil
                }
                for line in seen where line["task_id"] != nil { #expect(line["task_id"] as? String == task.rawValue) }
            }
        }

        /// All lines of the log, each of which must be a JSON object.
        private func lines(_ service: LiveService) throws -> [[String: Any]] {
            // The last line may be incomplete.
            let whole = service.logText.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            return try whole.map { line in
                try #require(try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
            }
        }
    }
}
