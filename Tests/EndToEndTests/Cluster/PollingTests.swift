import AsyncHTTPClient
import Conformance
import Foundation
import NIOCore
import NIOHTTP1
import PixelFlowCore
import Testing

extension ClusterEndToEnd {
    /// A page that repeatedly requests its tasks from two replicas, with MongoDB and Kafka.
    @Suite(.enabled(if: Cluster.isHere, Cluster.comment)) struct PollingTests {
        @Test(.timeLimit(.minutes(3)))
        func pollingReadsTheDatabaseOnlyAfterAChange() async throws {
            try await LiveCluster.run([.auth, .api(1), .api(2), .worker(1)]) { cluster in
                let ada = try await Person.signedIn(to: cluster.endpoint(api: 1))
                let image = PNG.noise(width: 8, height: 8, seed: 1)
                let first = try await ada.process(image)
                let ports = [1, 2].map { cluster.port(of: .api($0)) }
                var polls = ports.map { port in Poll(person: ada, port: port) }
                for index in polls.indices {
                    // A replica reads the database until it is sure to receive every change.
                    try await eventually(within: .seconds(30), "replica \(index + 1) to respond from memory") {
                        let before = try await polls[index].reads()
                        try await polls[index].ask()
                        return try await polls[index].reads() == before ? () : nil
                    }
                    // On a busy machine, Kafka may respond late for some time, during which the database is read.
                    try await eventually(within: .seconds(60), "forty polls of replica \(index + 1) without a read") {
                        let before = try await polls[index].reads()
                        for _ in 0..<40 { #expect(try await polls[index].ask() == 304) }
                        return try await polls[index].reads() == before ? () : nil
                    }
                }
                #expect(polls.allSatisfy { $0.statuses[first.id.rawValue] == "COMPLETED" })

                // A change by one replica, then by the worker: visible immediately at the same replica, and without a reload at
                // the other one.
                let second = try await ada.upload(image)
                #expect(try await polls[0].ask() == 200)
                #expect(polls[0].statuses[second.id.rawValue] != nil)
                for index in polls.indices {
                    try await eventually(within: .seconds(30), "replica \(index + 1) to show the end") {
                        try await polls[index].ask()
                        return polls[index].statuses[second.id.rawValue] == "COMPLETED" ? () : nil
                    }
                }
                _ = try await ada.send(.DELETE, "/api/tasks/\(second.id)")
                #expect(try await polls[0].ask() == 200)
                #expect(polls[0].statuses.count == 1)
                try await eventually(within: .seconds(30), "the other replica to know") {
                    try await polls[1].ask()
                    return polls[1].statuses.count == 1 ? () : nil
                }
            }
        }

        @Test(.timeLimit(.minutes(3)))
        func withoutEventsEveryRequestReadsTheDatabase() async throws {
            try await LiveCluster.run([.auth, .api(1), .api(2)]) { cluster in
                let ada = try await Person.signedIn(to: cluster.endpoint(api: 1))
                var poll = Poll(person: ada, port: cluster.port(of: .api(2)))
                try await eventually(within: .seconds(30), "the replica to respond from memory") {
                    let before = try await poll.reads()
                    try await poll.ask()
                    return try await poll.reads() == before ? () : nil
                }
                try await cluster.stack.kill(.kafka)
                // Through another replica: no event reports it.
                let task = try await ada.upload(PNG.noise(width: 8, height: 8, seed: 1))
                try await eventually(within: .seconds(20), "the task to be seen") {
                    try await poll.ask()
                    return poll.statuses[task.id.rawValue] != nil ? () : nil
                }
                let before = try await poll.reads()
                #expect(try await poll.ask() == 304)
                #expect(try await poll.reads() > before)
                try await cluster.stack.up(.kafka)
            }
        }
    }

    /// A page's polling of one replica.
    private struct Poll {
        let person: Person
        let port: Int
        private var tag: String?
        /// By task.
        private(set) var statuses: [String: String] = [:]

        init(person: Person, port: Int) {
            self.person = person
            self.port = port
        }

        /// - Returns: 200 or 304.
        @discardableResult
        mutating func ask() async throws -> Int {
            var headers = HTTPHeaders()
            if let tag { headers.add(name: "if-none-match", value: tag) }
            let reply = try await person.send(.GET, "/api/tasks?limit=50", port: port, headers: headers)
            if reply.status == 200 {
                tag = try #require(reply.header("etag"))
                let tasks = try #require(try reply.object()["tasks"] as? [[String: Any]])
                let pairs = tasks.compactMap { task in (task["id"] as? String).map { ($0, task["status"] as? String ?? "") } }
                statuses = Dictionary(uniqueKeysWithValues: pairs)
            }
            return reply.status
        }

        /// The number of lists that the replica has read from the database so far.
        func reads() async throws -> Double {
            let page = try await person.get("/metrics", port: port).text
            let lines = page.split(separator: "\n").filter { line in
                line.hasPrefix("database_requests_total{") && line.contains(#"operation="list""#)
            }
            return lines.compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
        }
    }
}
