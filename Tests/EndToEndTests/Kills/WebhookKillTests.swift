import Conformance
import Foundation
import PixelFlowClient
import PixelFlowCore
import RawHTTP
import Synchronization
import Testing

extension EndToEnd {
    /// The service is killed while tasks finish and their webhooks are being sent.
    @Suite struct WebhookKillTests {
        private static let kills = 12
        private static let tasksBetweenKills = 3

        @Test(.timeLimit(.minutes(5)))
        func everyTaskEndIsDeliveredDespiteKills() async throws {
            try await RawServer.run(respond: RawServer.status(200)) { receiver in
                try await LiveService.run(["PIXELFLOW_LOG_LEVEL": "warning", "PIXELFLOW_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8"]) {
                    service in
                    let ada = try await Person.signedIn(to: service)
                    let webhook = try await ada.client.createWebhook(
                        url: receiver.url("/hook"), events: ["task.completed", "task.failed", "task.cancelled"])
                    var tasks: [TaskID] = []
                    for round in 0..<Self.kills {
                        for _ in 0..<Self.tasksBetweenKills {
                            tasks.append(try await ada.upload(PNG.noise(width: 64, height: 48, seed: UInt64(round))).id)
                        }
                        // Some kills hit running tasks, others the messages about their ends.
                        let told = receiver.requests.count
                        if round.isMultiple(of: 2) {
                            try await eventually("a message between two kills") { receiver.requests.count > told }
                        }
                        await service.kill()
                        try await service.start()
                    }
                    var expected: [String: TaskStatus] = [:]
                    for task in tasks { expected["msg_\(task)_1_\(webhook.id)"] = try await ada.final(task).status }
                    try await eventually("every end to be told") {
                        Set(expected.keys).isSubset(of: receiver.requests.compactMap { $0.headers["webhook-id"] })
                    }
                    var wrong: [String] = []
                    for message in receiver.requests {
                        let id = message.headers["webhook-id"] ?? ""
                        let body = try #require(try JSONSerialization.jsonObject(with: Data(message.body.utf8)) as? [String: Any])
                        let type = body["type"] as? String
                        if expected[id].flatMap(WebhookEvent.init)?.rawValue != type { wrong.append("\(id): \(type ?? "")") }
                    }
                    #expect(wrong.isEmpty)
                    print("\(Self.kills) kills: \(tasks.count) tasks ended, \(receiver.requests.count - tasks.count) messages came twice")
                }
            }
        }
    }
}
