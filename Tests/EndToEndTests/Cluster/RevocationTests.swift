import AsyncHTTPClient
import Conformance
import Foundation
import NIOCore
import NIOHTTP1
import PixelFlowCore
import Testing

extension ClusterEndToEnd {
    /// All replicas of api reject what auth has revoked, without asking auth for each request.
    @Suite(.enabled(if: Cluster.isHere, Cluster.comment)) struct RevocationTests {
        @Test(.timeLimit(.minutes(3)))
        func aRevokedKeyIsRefusedByEveryReplicaAndItsStreamsEnd() async throws {
            try await LiveCluster.run([.auth, .api(1), .api(2)]) { cluster in
                let ada = try await Person.signedIn(to: cluster.endpoint(api: 1))
                let made = try await ada.auth(.POST, "/keys", #"{"name":"site","scopes":["tasks:read"]}"#).object()
                let (id, key) = (try #require(made["id"] as? String), try #require(made["key"] as? String))
                let programs = [1, 2].map { Person(service: cluster.endpoint(api: $0), token: key) }
                for program in programs { #expect(try await program.get("/api/tasks").status == 200) }
                let upload = try await programs[0].postBody(PNG.noise(width: 8, height: 8, seed: 1), type: "image/png")
                #expect(upload.code == "insufficient_scope")
                let stream = Task { try await programs[1].events { _ in true } }
                defer { stream.cancel() }

                #expect(try await ada.auth(.DELETE, "/keys/\(id)").status == 204)
                for program in programs {
                    try await eventually(within: .seconds(10), "the key to be refused") {
                        try await program.get("/api/tasks").status == 401 ? () : nil
                    }
                }
                // The client's stream ends when its next attempt is rejected.
                try? await stream.value(within: .seconds(20), "the end of the stream")
                #expect(!stream.isCancelled)
            }
        }

        @Test(.timeLimit(.minutes(3)))
        func removedMemberIsRefusedWithinSeconds() async throws {
            try await LiveCluster.run([.auth, .api(1), .api(2)]) { cluster in
                let ada = try await Person.signedIn(to: cluster.endpoint(api: 1))
                let bob = try await Person.signedIn(to: cluster.endpoint(api: 2), as: "bob@example.org")
                let team = try #require(try await ada.auth(.POST, "/organisations", #"{"name":"Works"}"#).object()["id"] as? String)
                let invitation = try await ada.auth(.POST, "/organisations/\(team)/invitations", #"{"role":"member"}"#).object()
                let secret = try #require(invitation["token"] as? String)
                #expect(try await bob.auth(.POST, "/invitations/accept", #"{"token":"\#(secret)"}"#).status == 200)
                let changed = try await bob.auth(.POST, "/token", #"{"organisation":"\#(team)"}"#).object()
                let inTeam = Person(service: cluster.endpoint(api: 2), token: try #require(changed["token"] as? String))
                #expect(try await inTeam.get("/api/tasks").status == 200)

                let user = try #require(try await bob.auth(.GET, "/me").object()["id"] as? String)
                #expect(try await ada.auth(.DELETE, "/organisations/\(team)/members/\(user)").status == 204)
                let refusal = try await eventually(within: .seconds(10), "the token to be refused") {
                    let reply = try await inTeam.get("/api/tasks")
                    return reply.status == 401 ? reply : nil
                }
                #expect(refusal.code == "token_revoked")
                #expect(try await bob.get("/api/tasks").status == 200, "the personal organisation still works")
            }
        }

        /// An upload is authorized by the role at its start; its task belongs to the organisation and is complete.
        @Test(.timeLimit(.minutes(3)))
        func roleChangeDuringAnUploadLeavesNoPartialTask() async throws {
            try await LiveCluster.run([.auth, .api(1)]) { cluster in
                let ada = try await Person.signedIn(to: cluster.endpoint(api: 1))
                let bob = try await Person.signedIn(to: cluster.endpoint(api: 1), as: "bob@example.org")
                let team = try #require(try await ada.auth(.POST, "/organisations", #"{"name":"Works"}"#).object()["id"] as? String)
                let invitation = try await ada.auth(.POST, "/organisations/\(team)/invitations", #"{"role":"member"}"#).object()
                let secret = try #require(invitation["token"] as? String)
                #expect(try await bob.auth(.POST, "/invitations/accept", #"{"token":"\#(secret)"}"#).status == 200)
                let inTeam = Person(service: bob.service, token: try await Self.token(of: bob, in: team))
                let owner = Person(service: ada.service, token: try await Self.token(of: ada, in: team))

                let image = ByteBuffer(bytes: PNG.noise(width: 200, height: 200, seed: 3))
                let (pieces, sink) = AsyncStream.makeStream(of: ByteBuffer.self)
                sink.yield(try #require(image.getSlice(at: 0, length: 1000)))
                let upload = Task {
                    try await inTeam.send(
                        .POST, "/api/upload", headers: ["content-type": "image/png"], body: .stream(pieces, length: .unknown))
                }
                let user = try #require(try await bob.auth(.GET, "/me").object()["id"] as? String)
                #expect(try await ada.auth(.PATCH, "/organisations/\(team)/members/\(user)", #"{"role":"viewer"}"#).status == 200)
                try await eventually(within: .seconds(10), "the token of the member to be refused") {
                    try await inTeam.get("/api/tasks").status == 401 ? () : nil
                }
                sink.yield(try #require(image.getSlice(at: 1000, length: image.readableBytes - 1000)))
                sink.finish()
                let reply = try await upload.value(within: .seconds(30), "the response to the upload")
                #expect(reply.status == 202, "\(reply.text)")
                #expect(try await owner.task(try reply.task().id).status == .pending)

                let viewer = Person(service: bob.service, token: try await Self.token(of: bob, in: team))
                let next = try await viewer.postBody(PNG.noise(width: 8, height: 8, seed: 4), type: "image/png")
                #expect(next.code == "insufficient_scope")
            }
        }

        private static func token(of person: Person, in organisation: String) async throws -> String {
            let changed = try await person.auth(.POST, "/token", #"{"organisation":"\#(organisation)"}"#).object()
            return try #require(changed["token"] as? String)
        }

        @Test(.timeLimit(.minutes(3)))
        func cachedCredentialsWorkDuringAnAuthOutage() async throws {
            try await LiveCluster.run([.auth, .api(1)]) { cluster in
                let ada = try await Person.signedIn(to: cluster.endpoint(api: 1))
                let made = try await ada.auth(.POST, "/keys", #"{"name":"site","scopes":["tasks:read"]}"#).object()
                let program = Person(service: ada.service, token: try #require(made["key"] as? String))
                #expect(try await ada.get("/api/tasks").status == 200)
                #expect(try await program.get("/api/tasks").status == 200)
                await cluster.kill(.auth)
                // Longer than the list of revocations counts as fresh.
                let end = ContinuousClock.now + .seconds(12)
                try await eventually(within: .seconds(60), "twelve seconds of requests without auth") {
                    let statuses = [try await ada.get("/api/tasks").status, try await program.get("/api/tasks").status]
                    #expect(statuses == [200, 200])
                    return ContinuousClock.now >= end ? () : nil
                }
                let other = Person(service: ada.service, token: "pf_live_" + String(program.token?.dropFirst(8).reversed() ?? []))
                #expect(try await other.get("/api/tasks").status == 401, "a typing error needs no auth")
            }
        }
    }
}
