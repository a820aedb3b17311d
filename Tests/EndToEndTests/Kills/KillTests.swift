import Foundation
import HistoryChecker
import PixelFlowCore
import RawHTTP
import Testing

extension EndToEnd {
    /// The service is killed repeatedly while people use it. Everything that was promised to them must be fulfilled.
    @Suite struct KillTests {
        /// `PIXELFLOW_TEST_KILLS`, 200 by default.
        private static let kills = ProcessInfo.processInfo.environment["PIXELFLOW_TEST_KILLS"].flatMap { Int($0) } ?? 200

        @Test(.timeLimit(.minutes(20)))
        func acceptedTasksCompleteDespiteKills() async throws {
            let start = ContinuousClock.now
            let history = try await RawServer.run(respond: RawServer.status(200)) { receiver in
                let settings = ["PIXELFLOW_LOG_LEVEL": "warning", "PIXELFLOW_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8"]
                return try await KillRun(service: try LiveService(settings), receiver: receiver).run(kills: Self.kills)
            }
            let violations = HistoryChecker().violations(in: history)
            #expect(violations.isEmpty, "\(violations.count) violations, first \(violations.prefix(20).map(\.description))")
            // A run without activity would prove nothing.
            #expect(history.promises.count >= Self.kills * KillRun.tasksBetweenKills, "only \(history.promises.count) tasks were accepted")
            #expect(history.tasks.contains { $0.losses > 0 }, "no kill has hit a running task")
            print(
                """
                \(Self.kills) kills in \(ContinuousClock.now - start): \(history.promises.count) tasks accepted, \
                \(history.tasks.filter { $0.losses > 0 }.count) lost a worker, at most \(history.tasks.map(\.losses).max() ?? 0) times, \
                \(history.observations.count) observations
                """)
        }
    }
}
