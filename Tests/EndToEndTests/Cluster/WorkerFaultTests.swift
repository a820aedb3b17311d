import Conformance
import Foundation
import HistoryChecker
import PixelFlowClient
import PixelFlowCore
import PixelFlowKafka
import Testing

extension ClusterEndToEnd {
    /// Workers that freeze, come and go, or receive the same message many times.
    @Suite(.enabled(if: Cluster.isHere, Cluster.comment)) struct WorkerFaultTests {
        @Test(.timeLimit(.minutes(5)))
        func workerSuspendedPastItsLeaseIsFenced() async throws {
            try await LiveCluster.run([.auth, .api(1), .worker(1)]) { cluster in
                let person = try await Person.signedIn(to: cluster.endpoint(api: 1))
                let id = try await person.upload(SlowJob.image, pipeline: SlowJob.seconds).id
                try await person.wait(for: id, "the run to begin") { $0.status == .processing }
                cluster.signal(.worker(1), SIGSTOP)
                try await cluster.startAndJoin(.worker(2), group: "another")
                // The lease is 30 s; then the other worker processes the task.
                let done = try await person.final(id, within: .seconds(120))
                #expect(done.status == .completed)
                let manifest = done.outputs.map(\.sha256)
                cluster.signal(.worker(1), SIGCONT)
                try await eventually(within: .seconds(60), "the late worker to give up") {
                    cluster.log(.worker(1)).contains("\"event\":\"claim lost") ? () : nil
                }
                #expect(try await person.task(id).outputs.map(\.sha256) == manifest)
                let tenant = TenantID(try await person.client.validate().tenant)
                let record = try #require(try await cluster.tasks().find(id, of: tenant))
                #expect(record.losses == 1)
                #expect(record.epoch == 2)
                // The late worker has removed the objects that it had stored.
                try await eventually(within: .seconds(60), "only named objects to be left") {
                    let kept = Set(record.outputs.compactMap(\.image?.key) + [record.sourceKey].compactMap { $0 })
                    return Set(try await cluster.blobs().keys(record.blobPrefix)) == kept ? () : nil
                }
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func noTaskIsLostWhileWorkersStartAndStop() async throws {
            try await LiveCluster.run([.auth, .api(1), .api(2), .worker(1)]) { cluster in
                _ = try await cluster.runLoad(deadline: .seconds(60), atLeast: 100) { loadRun in
                    for round in 1...3 {
                        for number in 2...4 { try await cluster.startAndJoin(.worker(number)) }
                        for number in 2...4 { #expect(try await cluster.stop(.worker(number)) == 0, "worker \(number), round \(round)") }
                    }
                    try await Cluster.enough(100, loadRun)
                }
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func repeatedAndReorderedDispatchMessagesAreHarmless() async throws {
            try await LiveCluster.run { cluster in
                let broker = try cluster.broker()
                let store = try cluster.tasks()
                let history = try await cluster.runLoad(atLeast: 100) { loadRun in
                    for _ in 0..<16 {
                        try await Cluster.enough(loadRun.accepted + 5, loadRun)
                        let ids = loadRun.recorder.promises.suffix(30).map(\.task)
                        let known = try await store.known(ids)
                        let messages = known.flatMap { id in
                            (0..<3).map {
                                DispatchMessage(task: id, tenant: TenantID("nobody"), generation: $0, sequence: $0, requestID: "repeated")
                            }
                        }
                        try await broker.publish(messages.shuffled())
                    }
                }
                #expect(history.tasks.allSatisfy { $0.epoch <= 1 || $0.losses > 0 || $0.status == .failed }, "a task was run twice")
            }
        }
    }
}
