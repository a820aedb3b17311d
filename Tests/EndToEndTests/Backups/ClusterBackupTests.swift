import Foundation
import TestSupport
import Testing
import WireFormats

extension ClusterEndToEnd {
    /// `pfctl backup` and `pfctl restore` with PostgreSQL, MongoDB, Kafka and an object store.
    @Suite(.enabled(if: Cluster.isHere, Cluster.comment)) struct ClusterBackupTests {
        private static let members: [LiveCluster.Member] = [.auth, .api(1), .worker(1)]

        @Test(.timeLimit(.minutes(8)))
        func restoreMovesDataToAnotherCluster() async throws {
            let home = try TemporaryFolder()
            let (folder, secret) = (home.path + "/backup", home.path + "/secret")
            let text = String(repeating: "s", count: 40)
            try text.write(toFile: secret, atomically: true, encoding: .utf8)
            var people: BackedUpPeople?
            try await LiveCluster.run(Self.members, adjust: { $0["PIXELFLOW_SERVICE_SECRET"] = text }) { cluster in
                let service = cluster.endpoint(api: 1)
                people = try await BackedUpPeople(in: service)
                let done = try await Backup(service: service, secret: secret).run("backup", folder)
                try #require(done.code == 0, "\(done.errors)")
                #expect(done.json?["tasks"]?["form"] == "tasks in MongoDB")
            }
            try await LiveCluster.run(Self.members, adjust: { $0["PIXELFLOW_SERVICE_SECRET"] = text }) { cluster in
                let service = cluster.endpoint(api: 1)
                let done = try await Backup(service: service, secret: secret).run("restore", folder)
                try #require(done.code == 0, "\(done.errors)")
                try await #require(people).requireAll(in: service)
            }
        }
    }
}
