import Conformance
import Foundation
import HistoryChecker
import PixelFlowCore
import Testing

extension ClusterEndToEnd {
    /// Temporary outages of each server, while users use the services.
    @Suite(.enabled(if: Cluster.isHere, Cluster.comment)) struct ServerOutageTests {
        @Test(.timeLimit(.minutes(5)), arguments: ServerStack.Server.allCases)
        func noTaskIsLostDuringAServerOutage(_ server: ServerStack.Server) async throws {
            try await LiveCluster.run { cluster in
                let person = try await Person.signedIn(to: cluster.endpoint(api: 1), as: "outage@example.org")
                _ = try await cluster.runLoad(deadline: Cluster.recovery, atLeast: 40) { loadRun in
                    try await Cluster.enough(20, loadRun)
                    // If it is killed, the fake Kafka loses what it has just acknowledged; the other servers may be killed.
                    if server == .kafka { try await cluster.stack.down(server) } else { try await cluster.stack.kill(server) }
                    try await outage(of: server, cluster, person)
                    try await cluster.stack.up(server)
                    for member in LiveCluster.standard { try await cluster.ready(member) }
                    try await Cluster.enough(loadRun.accepted + 20, loadRun)
                }
            }
        }

        /// The responses that users get meanwhile.
        private func outage(of server: ServerStack.Server, _ cluster: LiveCluster, _ person: Person) async throws {
            let end = ContinuousClock.now + .seconds(10)
            func ready(_ member: LiveCluster.Member) async throws -> Reply {
                try await person.get("/readyz", port: cluster.port(of: member))
            }
            switch server {
            case .postgres:
                try await named("database", by: .auth, ready)
                // The keys are cached, so tokens stay valid.
                #expect(try await ready(.api(1)).status == 200)
            case .mongodb: try await named("task_database", by: .api(1), ready)
            case .s3: try await named("blob_store", by: .api(1), ready)
            case .kafka:
                let response = try await degraded(.api(1), ready)
                #expect(response.status == 200, "uploads are accepted without a broker")
            case .redis:
                for member in [LiveCluster.Member.auth, .api(1), .api(2)] {
                    let response = try await degraded(member, ready)
                    #expect(response.status == 200, "requests are counted in each process without Redis")
                }
            }
            try await ServiceView.run(cluster) { view in
                try await view.probe()
                #expect(view.endpoints(of: "api").count == 2 && view.endpoints(of: "auth").count == 1)
                let web = try #require(view.endpoints(of: "web").first, "people get no page, but a refused connection")
                #expect(try await person.get("/", port: cluster.port(of: web)).status == 200)
                let api = try #require(view.endpoints(of: "api").last)
                let response = try await person.get("/api/tasks", port: cluster.port(of: api))
                #expect(response.status == (server == .mongodb ? 503 : 200))
                #expect((response.header("retry-after") != nil) == (server == .mongodb))
            }
            try await Task.sleep(until: end)
        }

        private func degraded(
            _ member: LiveCluster.Member, _ ready: (LiveCluster.Member) async throws -> Reply
        ) async throws -> Reply {
            try await eventually(within: .seconds(60), "\(member) to tell of the outage") {
                let response = try await ready(member)
                return try response.object()["status"] as? String == "degraded" ? response : nil
            }
        }

        private func named(
            _ check: String, by member: LiveCluster.Member, _ ready: (LiveCluster.Member) async throws -> Reply
        ) async throws {
            try await eventually(within: .seconds(60), "\(member) to name \(check)") {
                let response = try await ready(member)
                let checks = try response.object()["checks"] as? [String: String]
                return response.status == 200 && checks?[check] != "ok" ? () : nil
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func tasksAreRedispatchedAfterTheBrokerLosesItsData() async throws {
            try await LiveCluster.run { cluster in
                _ = try await cluster.runLoad(deadline: Cluster.recovery, atLeast: 80) { loadRun in
                    try await Cluster.enough(20, loadRun)
                    // Dispatch messages accumulate while there are no workers, and are lost with the broker's data.
                    for number in 1...2 { await cluster.kill(.worker(number)) }
                    try await Cluster.enough(loadRun.accepted + 60, loadRun)
                    try await cluster.stack.wipe(.kafka)
                    try await cluster.stack.up(.kafka)
                    for number in 1...2 { try await cluster.start(.worker(number)) }
                }
            }
        }
    }
}
