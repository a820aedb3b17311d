import Conformance
import FaultProxy
import Foundation
import HistoryChecker
import NIOCore
import PixelFlowCore
import Synchronization
import Testing

extension ClusterEndToEnd {
    /// Servers execute requests, but the responses never arrive.
    @Suite(.enabled(if: Cluster.isHere, Cluster.comment)) struct LostReplyTests {
        @Test(.timeLimit(.minutes(5)))
        func commitWithALostReplyIsAppliedOnce() async throws {
            var proxies: [ServerStack.Server: FaultProxy] = [:]
            try await LiveCluster.run { settings in
                proxies[.mongodb] = try await Self.lead(&settings, "PIXELFLOW_TASK_DATABASE_URL")
                proxies[.s3] = try await Self.lead(&settings, "PIXELFLOW_BLOB_URL")
                proxies[.postgres] = try await Self.lead(&settings, "PIXELFLOW_AUTH_DATABASE_URL")
            } _: { cluster in
                let mongodb = try #require(proxies[.mongodb])
                let s3 = try #require(proxies[.s3])
                let history = try await cluster.runLoad(atLeast: 90) { loadRun in
                    for round in 0..<30 {
                        try await Cluster.enough(loadRun.accepted + 3, loadRun)
                        // Creations are inserts; claims and completions are updates.
                        let words = ["insert", "findAndModify", "update", "findandmodify"]
                        mongodb.cutReplies(toRequestsContaining: words[round % words.count])
                        s3.cutReplies(toRequestsContaining: "PUT ")
                    }
                }
                #expect(history.tasks.count == history.promises.count, "a task was made twice")
            }
            for proxy in proxies.values { try await proxy.stop() }
        }

        @Test(.timeLimit(.minutes(5)))
        func lostAcknowledgementCreatesNoSecondTask() async throws {
            var proxy: FaultProxy?
            try await LiveCluster.run { settings in
                proxy = try await Self.leadToKafka(&settings)
            } _: { cluster in
                let kafka = try #require(proxy)
                let cuts = Mutex<[ReplyCut]>([])
                let history = try await cluster.runLoad(atLeast: 80) { loadRun in
                    // Dispatch messages published and fetched, offsets committed, events published.
                    for round in 0..<20 {
                        try await Cluster.enough(loadRun.accepted + 4, loadRun)
                        let cut = kafka.cutReplies(toRequestsContaining: round.isMultiple(of: 4) ? "task-events" : "image-tasks")
                        cuts.withLock { $0.append(cut) }
                    }
                }
                #expect(history.tasks.count == history.promises.count, "a task was made twice")
                #expect(cuts.withLock { $0.map(\.cuts).reduce(0, +) } > 10, "hardly anything was cut")
            }
            try await proxy?.stop()
        }

        @Test(.timeLimit(.minutes(5)))
        func registrationWithALostReplyIsStoredOnce() async throws {
            var proxy: FaultProxy?
            try await LiveCluster.run([.auth]) { settings in
                proxy = try await Self.lead(&settings, "PIXELFLOW_AUTH_DATABASE_URL")
            } _: { cluster in
                let postgres = try #require(proxy)
                for number in 0..<5 {
                    let cut = postgres.cutReplies(toRequestsContaining: "add_user")
                    _ = try await Person.signedIn(to: cluster.endpoint(api: 1), as: "person-\(number)@example.org")
                    #expect(cut.cuts > 0, "nothing was cut")
                }
            }
            try await proxy?.stop()
        }

        /// A broker reports its address to clients: the port in its replies is replaced with that of the proxy.
        private static func leadToKafka(_ settings: inout [String: String]) async throws -> FaultProxy {
            let url = try #require(settings["PIXELFLOW_BROKER_URL"])
            let match = try #require(url.firstMatch(of: /127\.0\.0\.1:(\d+)/))
            let (port, own) = (try #require(Int(match.1)), try Ports.free().web)
            func address(_ port: Int) -> [UInt8] { Array("127.0.0.1".utf8) + withUnsafeBytes(of: Int32(port).bigEndian, Array.init) }
            let (told, meant) = (address(port), address(own))
            let proxy = try await FaultProxy.start(to: "127.0.0.1", port: port, listeningOn: own) { reply in
                for range in reply.readableBytesView.ranges(of: told).reversed() {
                    reply.setBytes(meant, at: range.lowerBound)
                }
            }
            settings["PIXELFLOW_BROKER_URL"] = url.replacing("127.0.0.1:\(port)", with: "127.0.0.1:\(own)")
            return proxy
        }

        /// Inserts a proxy before the server of a setting.
        private static func lead(_ settings: inout [String: String], _ name: String) async throws -> FaultProxy {
            let url = try #require(settings[name])
            let match = try #require(url.firstMatch(of: /127\.0\.0\.1:(\d+)/))
            let proxy = try await FaultProxy.start(to: "127.0.0.1", port: try #require(Int(match.1)))
            settings[name] = url.replacing("127.0.0.1:\(match.1)", with: "127.0.0.1:\(proxy.port)")
            return proxy
        }
    }
}
