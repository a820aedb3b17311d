import Conformance
import Foundation
import NIOCore
import PixelFlowClient
import RawHTTP
import Testing

extension EndToEnd {
    /// The service is killed while tasks of batches finish.
    @Suite struct BatchKillTests {
        private static let kills = 8
        private static let tasksOfABatch = 3

        @Test(.timeLimit(.minutes(5)))
        func everyBatchIsReportedOnceDespiteKills() async throws {
            try await RawServer.run(respond: RawServer.status(200)) { receiver in
                try await LiveService.run(["PIXELFLOW_LOG_LEVEL": "warning", "PIXELFLOW_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8"]) {
                    service in
                    let ada = try await Person.signedIn(to: service)
                    let webhook = try await ada.client.createWebhook(url: receiver.url("/hook"), events: ["batch.completed"])
                    var batches: [String] = []
                    for round in 0..<Self.kills {
                        let batch = try await ada.client.createBatch(description: "Round \(round)")
                        for _ in 0..<Self.tasksOfABatch {
                            let image = PNG.noise(width: 64, height: 48, seed: UInt64(round))
                            _ = try await ada.client.upload(Upload(.bytes(ByteBuffer(bytes: image)), batch: batch.id))
                        }
                        let closed = try await ada.client.closeBatch(batch.id)
                        #expect(closed.counts?.total == Self.tasksOfABatch)
                        batches.append(batch.id)
                        // Some kills hit running tasks, others the completion of their batch.
                        let told = receiver.requests.count
                        if round.isMultiple(of: 2) {
                            try await eventually("a message between two kills") { receiver.requests.count > told }
                        }
                        await service.kill()
                        try await service.start()
                    }
                    let expected = Set(batches.map { "msg_batch_\($0)_\(webhook.id)" })
                    try await eventually(within: .seconds(120), "every batch to be told") {
                        expected.isSubset(of: receiver.requests.compactMap { $0.headers["webhook-id"] })
                    }
                    #expect(Set(receiver.requests.compactMap { $0.headers["webhook-id"] }) == expected)
                    for batch in batches {
                        // It is completed once its messages are stored, and those may be sent before that.
                        let found = try await eventually(within: .seconds(60), "the completion of a batch") {
                            let found = try await ada.client.batch(batch)
                            return found.status == .completed ? found : nil
                        }
                        #expect(found.counts?.completed == Self.tasksOfABatch)
                    }
                    for message in receiver.requests {
                        let body = try #require(try JSONSerialization.jsonObject(with: Data(message.body.utf8)) as? [String: Any])
                        let counts = (body["data"] as? [String: Any])?["counts"] as? [String: Int]
                        #expect(counts?["completed"] == Self.tasksOfABatch && counts?["total"] == Self.tasksOfABatch)
                    }
                    print("\(Self.kills) kills: \(batches.count) batches, \(receiver.requests.count - batches.count) messages came twice")
                }
            }
        }
    }
}
