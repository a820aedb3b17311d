import Conformance
import Deadlines
import Glibc
import PixelFlowCore
import Synchronization
import TestSupport
import Testing

@testable import PixelFlowKafka

/// What followers of changes receive, and whether they know that they have missed nothing.
@Suite struct KafkaFollowingTests {
    /// Records what a follower receives.
    private final class Notes: Sendable {
        private let state = Mutex((requests: Set<String>(), gaps: 0))

        var requests: Set<String> { state.withLock(\.requests) }
        var gaps: Int { state.withLock(\.gaps) }

        func take(_ news: FollowedChanges) {
            state.withLock { state in
                switch news {
                case .changes(let changes): state.requests.formUnion(changes.map(\.task.requestID))
                case .gap: state.gaps += 1
                }
            }
        }
    }

    @Test(.enabled(if: TestCluster.url != nil, TestCluster.comment))
    func aFollowerIsCurrentOnceItHasEverything() async throws {
        let settings = try TestCluster.settings()
        try await TestCluster.withClient(settings) { publisher in
            try await TestCluster.withClient(settings) { client in
                let events = KafkaTaskEvents(client)
                let notes = Notes()
                try await events.follow { notes.take($0) }
                // The first request makes it find out, preceded by a gap.
                try await eventually(within: .seconds(30), "the follower to be current") {
                    events.isCurrent(within: .seconds(3)) ? () : nil
                }
                #expect(notes.gaps == 1)
                let changes = (0..<100).map { change($0) }
                try await KafkaTaskEvents(publisher).publish(changes)
                try await eventually(within: .seconds(30), "the changes") { notes.requests.count == 100 ? () : nil }
                // It stays current while there are no changes.
                let end = ContinuousClock.now + .seconds(4)
                try await eventually(within: .seconds(30), "four quiet seconds") {
                    #expect(events.isCurrent(within: .seconds(30)))
                    return ContinuousClock.now > end ? () : nil
                }
                #expect(events.isCurrent(within: .seconds(3)))
                #expect(notes.gaps == 1)
            }
        }
    }

    @Test(.enabled(if: TestCluster.url != nil, TestCluster.comment))
    func unreadableMessagesCountAsMissed() async throws {
        try await TestCluster.withClient { client in
            let events = KafkaTaskEvents(client)
            let notes = Notes()
            try await events.follow { notes.take($0) }
            try await eventually(within: .seconds(30), "the follower to be current") { events.isCurrent(within: .seconds(3)) ? () : nil }
            let subscriberGaps = Mutex(0)
            let stream = try await events.subscribe { subscriberGaps.withLock { $0 += 1 } }
            let topic = client.settings.eventsTopic
            try await client.publish([KafkaMessage(topic: topic, key: [], value: Array("tnonsense\n".utf8), headers: [])], to: topic)
            try await eventually(within: .seconds(30), "the gap") { notes.gaps == 2 ? () : nil }
            try await eventually(within: .seconds(30), "the subscriber's gap") { subscriberGaps.withLock { $0 } == 1 ? () : nil }
            withExtendedLifetime(stream) {}
            try await eventually(within: .seconds(30), "the follower to be current again") {
                events.isCurrent(within: .seconds(3)) ? () : nil
            }
        }
    }

    @Test(.enabled(if: OwnServer.executable != nil, OwnServer.comment))
    func withoutTheClusterAFollowerIsNotCurrent() async throws {
        try await OwnServer.with { server in
            try server.start()
            try await TestCluster.withClient(try TestCluster.settings(url: server.url)) { client in
                let events = KafkaTaskEvents(client)
                try await events.follow { _ in }
                try await eventually(within: .seconds(30), "the follower to be current") {
                    events.isCurrent(within: .seconds(3)) ? () : nil
                }
                try server.send(SIGSTOP)
                try await eventually(within: .seconds(15), "the follower not to be current") {
                    events.isCurrent(within: .seconds(3)) ? nil : ()
                }
                try server.send(SIGCONT)
            }
        }
    }
}
