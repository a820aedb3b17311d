import AsyncHTTPClient
import Conformance
import Foundation
import NIOCore
import NIOHTTP1
import Testing

extension ClusterEndToEnd {
    /// The audit log of auth, and an api that writes to it remotely.
    @Suite(.enabled(if: Cluster.isHere, Cluster.comment)) struct AuditTests {
        @Test(.timeLimit(.minutes(3)))
        func actionsDuringAnAuthOutageAreLoggedOnceEvenIfApiIsKilled() async throws {
            try await LiveCluster.run([.auth, .api(1)]) { cluster in
                let ada = try await Person.signedIn(to: cluster.endpoint(api: 1))
                #expect(try await ada.get("/api/tasks").status == 200)
                await cluster.kill(.auth)
                for name in ["a", "b", "c"] { #expect(try await Self.put(name, by: ada) == 201) }
                await cluster.kill(.api(1))
                try cluster.spawn(.api(1))
                try await cluster.start(.auth)
                try await cluster.ready(.api(1))
                #expect(try await Self.put("d", by: ada) == 201)
                let entries = try await eventually(within: .seconds(30), "four entries in the log") {
                    let entries = try await ada.auth(.GET, "/audit?action=preset.saved").object()["entries"] as? [[String: Any]] ?? []
                    return entries.count >= 4 ? entries.compactMap { $0["target"] as? String } : nil
                }
                #expect(entries == ["d", "c", "b", "a"])
            }
        }

        private static func put(_ preset: String, by person: Person) async throws -> Int {
            let pipeline = ByteBuffer(string: #"{"outputs":[{"name":"tiny"}]}"#)
            return try await person.send(
                .PUT, "/api/presets/\(preset)", headers: ["content-type": "application/json"], body: .bytes(pipeline)
            ).status
        }
    }
}
