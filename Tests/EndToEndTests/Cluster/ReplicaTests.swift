import Conformance
import Foundation
import NIOHTTP1
import PixelFlowCore
import Synchronization
import Testing

extension ClusterEndToEnd {
    /// Two replicas of api behave like one.
    @Suite(.enabled(if: Cluster.isHere, Cluster.comment)) struct ReplicaTests {
        @Test(.timeLimit(.minutes(3)))
        func everyReplicaStreamsAllChangesAndResumesStreamsOfAnother() async throws {
            try await LiveCluster.run([.auth, .api(1), .api(2), .worker(1)]) { cluster in
                let first = try await Person.signedIn(to: cluster.endpoint(api: 1))
                let second = Person(service: cluster.endpoint(api: 2), token: first.token)

                // Uploaded at one replica and observed at the other, up to the end.
                let (seen, continuation) = AsyncStream.makeStream(of: TaskChange.self)
                let (opened, opening) = AsyncStream.makeStream(of: Void.self)
                let listening = Task {
                    try await second.events {
                        opening.yield()
                    } _: { event in
                        continuation.yield(event)
                        return true
                    }
                }
                defer { listening.cancel() }
                try await opened.first("the stream to open")
                let id = try await first.upload(PNG.noise(width: 64, height: 64, seed: 3)).id
                let last = try await within(.seconds(60), "the end of the task at the other replica") {
                    for await event in seen where event.task.id == id && event.task.status == .completed { return event.id }
                    return ""
                }
                listening.cancel()

                // Any replica can report what happened while no one was listening.
                let missed = try await first.process(PNG.noise(width: 64, height: 64, seed: 4)).id
                let told = try await within(.seconds(30), "the missed change") {
                    let found = Mutex<TaskStatus?>(nil)
                    try await first.events(after: last) { event in
                        guard event.task.id == missed else { return true }
                        found.withLock { $0 = event.task.status }
                        return event.task.status != .completed
                    }
                    return found.withLock { $0 }
                }
                #expect(told == .completed)
            }
        }

        @Test(.timeLimit(.minutes(3)))
        func eachExecutableReportsWhetherItsServiceIsReady() async throws {
            let members: [LiveCluster.Member] = [.auth, .api(1), .worker(1), .web]
            try await LiveCluster.run(members) { cluster in
                for member in members {
                    let probe = try await cluster.probe(member)
                    #expect(probe.code == 0 && probe.output.contains("\"status\""), "\(member): \(probe)")
                }
                await cluster.kill(.auth)
                let gone = try await cluster.probe(.auth)
                #expect(gone.code == 1 && gone.output.isEmpty, "\(gone)")
                #expect(gone.errors.split(separator: "\n").count == 1 && gone.errors.contains("does not respond"), "\(gone)")
                // web still serves its page, and reports which services are missing.
                try await eventually(within: .seconds(30), "web to report that auth is gone") {
                    let degraded = try await cluster.probe(.web)
                    let isReported = degraded.output.contains("\"degraded\"") && degraded.output.contains("\"auth\":\"failed\"")
                    return degraded.code == 0 && isReported ? () : nil
                }
            }
        }

        @Test(.timeLimit(.minutes(3)))
        func requestIDIsLoggedByAllServicesOfATask() async throws {
            try await LiveCluster.run { cluster in
                let person = try await Person.signedIn(to: cluster.endpoint(api: 1))
                let reply = try await person.postBody(
                    PNG.noise(width: 64, height: 64, seed: 5), type: "image/png", headers: ["x-request-id": "follow-this-one"])
                try await person.final(try reply.task().id)
                try await eventually(within: .seconds(60), "the id in the logs of api and worker") {
                    let api = cluster.log(.api(1)).contains("follow-this-one")
                    let worker = [1, 2].contains { cluster.log(.worker($0)).contains("follow-this-one") }
                    return api && worker ? () : nil
                }
            }
        }
    }
}
