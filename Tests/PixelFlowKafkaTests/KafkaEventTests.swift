import Conformance
import Deadlines
import PixelFlowCore
import Testing

@testable import PixelFlowKafka

@Suite(.enabled(if: TestCluster.url != nil, TestCluster.comment)) struct KafkaEventTests {
    @Test func everyProcessSeesEveryChange() async throws {
        let settings = try TestCluster.settings()
        try await TestCluster.withClient(settings) { publisher in
            try await TestCluster.withClient(settings) { listener in
                let streams = [try await KafkaTaskEvents(publisher).subscribe(), try await KafkaTaskEvents(listener).subscribe()]
                let changes = (0..<20).map { change($0) }
                let events = KafkaTaskEvents(publisher)
                try await events.publish(Array(changes.prefix(10)))
                try await events.publish(Array(changes.dropFirst(10)))
                for stream in streams { #expect(try await first(20, of: stream) == changes) }
            }
        }
    }

    @Test func aWorkerReceivesCancellationsOnly() async throws {
        try await TestCluster.withClient { client in
            let events = KafkaTaskEvents(client, interest: .cancellations)
            let stream = try await events.subscribe()
            let changes = [change(1), change(2, cancelRequested: true), change(3), change(4, cancelRequested: true)]
            try await events.publish(changes)
            #expect(try await first(2, of: stream) == [changes[1], changes[3]])
        }
    }

    @Test func anUnreadableMessageIsSkipped() async throws {
        try await TestCluster.withClient { client in
            let events = KafkaTaskEvents(client)
            let stream = try await events.subscribe()
            let topic = client.settings.eventsTopic
            try await client.publish([KafkaMessage(topic: topic, key: [], value: [1, 2, 3], headers: [])], to: topic)
            let sent = change(1)
            try await events.publish([sent])
            #expect(try await first(1, of: stream) == [sent])
        }
    }

    @Test func closingTheClientEndsTheStreams() async throws {
        let client = try TestCluster.client()
        let stream = try await KafkaTaskEvents(client).subscribe()
        let ended = Task { try await stream.end("the stream to end") }
        await client.close()
        try await ended.value("the stream to end")
    }

    private func first(_ count: Int, of stream: AsyncStream<TaskChange>) async throws -> [TaskChange] {
        try await within(.seconds(30), "\(count) changes") {
            var received: [TaskChange] = []
            for await change in stream {
                received.append(change)
                if received.count == count { break }
            }
            return received
        }
    }
}
