import Foundation
import HistoryChecker
import PixelFlowCore
import RawHTTP
import Testing

extension ClusterEndToEnd {
    /// Services are killed repeatedly, one after the other, while people use them.
    @Suite(.enabled(if: Cluster.isHere, Cluster.comment)) struct ServiceKillTests {
        /// `PIXELFLOW_TEST_SERVICE_KILLS`, 200 by default.
        private static let kills = ProcessInfo.processInfo.environment["PIXELFLOW_TEST_SERVICE_KILLS"].flatMap { Int($0) } ?? 200
        /// About as many as are accepted while services die: those behind the last kill prove nothing more.
        private static let tasks = kills * 3

        @Test(.timeLimit(.minutes(20)))
        func acceptedTasksCompleteWhicheverServiceIsKilled() async throws {
            let start = ContinuousClock.now
            // A worker only every eighth time, because its group takes seconds to rebalance.
            let victims: [LiveCluster.Member] = [
                .api(1), .auth, .api(2), .web, .api(1), .auth, .api(2), .worker(1), .api(1), .auth, .api(2), .web, .api(1), .auth, .api(2),
                .worker(2),
            ]
            try await RawServer.run(respond: RawServer.status(200)) { receiver in
                try await LiveCluster.run {
                    $0["PIXELFLOW_WEBHOOK_ALLOW_NETWORKS"] = "127.0.0.0/8"
                } _: { cluster in
                    let history = try await cluster.runLoad(pace: .milliseconds(10), receiver: receiver, atLeast: Self.tasks) { loadRun in
                        for number in 0..<Self.kills {
                            let victim = victims[number % victims.count]
                            try await Task.sleep(for: .milliseconds(Int.random(in: 50...500)))
                            await cluster.kill(victim)
                            // A worker must have partitions again before another kill can have an effect.
                            if victim.service == "worker" {
                                try await cluster.startAndJoin(victim, group: "start-\(number)")
                            } else {
                                try cluster.spawn(victim)
                            }
                        }
                        for member in LiveCluster.standard { try await cluster.ready(member) }
                        try await Cluster.enough(Self.tasks, loadRun)
                    }
                    #expect(history.tasks.contains { $0.losses > 0 }, "no kill has hit a running task")
                    print(
                        """
                        \(Self.kills) kills of services in \(ContinuousClock.now - start): \(history.promises.count) tasks accepted, \
                        \(history.tasks.filter { $0.losses > 0 }.count) lost a worker, at most \(history.tasks.map(\.losses).max() ?? 0) times
                        """)
                }
            }
        }
    }
}
