import Conformance
import Foundation
import Testing

extension ClusterEndToEnd {
    /// Replicas of api that count requests in a shared Redis.
    @Suite(.enabled(if: Cluster.isHere, Cluster.comment)) struct RateLimitTests {
        @Test(.timeLimit(.minutes(5)))
        func fourReplicasAdmitExactlyTheQuotaAndFailOpenDuringAnOutage() async throws {
            let replicas = 1...4
            try await LiveCluster.run([.auth] + replicas.map { .api($0) }) { settings in
                // Nothing is earned back during the test: one request takes 86 seconds.
                settings["PIXELFLOW_RATE_READ"] = "1000/d"
                settings["PIXELFLOW_RATE_ORGANISATION"] = "0"
                settings["PIXELFLOW_CACHE_TIMEOUT_MS"] = "10000"
            } _: { cluster in
                let person = try await Person.signedIn(to: cluster.endpoint(api: 1))
                let ports = replicas.map { cluster.port(of: .api($0)) }
                let statuses = try await Self.send(10_000, by: person, to: ports)
                #expect(statuses == [200: 1000, 429: 9000])

                let refused = try await person.get("/api/presets", port: ports[0])
                #expect(refused.status == 429 && refused.code == "rate_limited")
                #expect(refused.header("ratelimit-policy") == #""read";q=1000;w=86400"#)
                #expect(refused.header("ratelimit")?.hasPrefix(#""read";r=0;t="#) == true)
                #expect((refused.header("retry-after").flatMap { Int($0) } ?? 0) > 0)

                try await cluster.stack.kill(.redis)
                for port in ports {
                    let response = try await person.get("/api/presets", port: port)
                    #expect(response.status == 200)
                    #expect(response.header("ratelimit")?.hasPrefix(#""read";r=999;t="#) == true)
                }
                try await cluster.stack.up(.redis)
            }
        }

        /// The number of responses with each status.
        private static func send(_ count: Int, by person: Person, to ports: [Int]) async throws -> [Int: Int] {
            try await withThrowingTaskGroup(of: [Int: Int].self) { group in
                let lanes = 4 * ports.count
                for lane in 0..<lanes {
                    group.addTask {
                        var statuses: [Int: Int] = [:]
                        for _ in 0..<count / lanes {
                            statuses[try await person.get("/api/presets", port: ports[lane % ports.count]).status, default: 0] += 1
                        }
                        return statuses
                    }
                }
                return try await group.reduce(into: [:]) { all, statuses in all.merge(statuses, uniquingKeysWith: +) }
            }
        }
    }
}
