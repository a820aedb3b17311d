import AsyncHTTPClient
import Conformance
import Foundation
import NIOCore
import NIOHTTP1
import PixelFlowCore
import Testing

extension EndToEnd {
    /// What the log says, and what it never says.
    @Suite struct LogTests {
        @Test func aTaskCanBeFollowedThroughTheLog() async throws {
            try await LiveService.run(["PIXELFLOW_LOG_LEVEL": "debug"]) { service in
                let ada = try await Person.signedIn(to: service)
                let wrong = ByteBuffer(string: #"{"email":"ada@example.org","password":"wrong but secret"}"#)
                _ = try await ada.send(.POST, "/login", port: service.ports.auth, body: .bytes(wrong))
                let reply = try await ada.post(PNG.noise(width: 8, height: 8, seed: 1))
                let request = try #require(reply.header("x-request-id"))
                let task = try await ada.final(reply.task().id)
                let about = try await eventually("the end of the run in the log") {
                    let about = try lines(service).filter { $0["task_id"] as? String == task.id.rawValue }
                    return about.contains { $0["event"] as? String == "run ended" } ? about : nil
                }
                #expect(about.allSatisfy { $0["request_id"] as? String == request })
                // The request's own line is found by the same id.
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

        /// Every line of the log, each of which must be a JSON object.
        private func lines(_ service: LiveService) throws -> [[String: Any]] {
            // The last line may still be being written.
            let whole = service.logText.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            return try whole.map { line in
                try #require(try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
            }
        }
    }
}
