import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import PixelFlowClient
import PixelFlowCore
import Testing
import WireFormats

extension ClusterEndToEnd {
    /// All routes of api and auth, from their own descriptions, on the servers of a cluster: called with every role and a
    /// key of every scope, with the ids of another organisation. New routes are included automatically.
    @Suite(.enabled(if: Cluster.isHere, Cluster.comment)) struct TenantIsolationTests {
        private static let secret = "secret-of-bob"

        @Test(.timeLimit(.minutes(5)))
        func dataOfOtherOrganisationsIsInvisible() async throws {
            try await LiveCluster.run([.auth, .api(1), .worker(1)]) { cluster in
                let endpoint = cluster.endpoint(api: 1)
                let bob = try await Self.bob(at: endpoint)
                let credentials = try await Self.credentials(at: endpoint)
                #expect(credentials.count == 10)
                let operations = try await Self.operations(of: endpoint)
                #expect(operations.count >= 18)
                for operation in operations {
                    for (name, person) in credentials {
                        let reply = try await operation.send(as: person, bob.ids)
                        let what = "\(operation.method) \(operation.path) as \(name): \(reply.status) \(reply.code ?? "")"
                        #expect(!reply.text.contains(Self.secret), "\(what)")
                        #expect([403, 404].contains(reply.status), "\(what)")
                    }
                }
                // For Bob, everything still exists.
                for operation in operations where operation.method == .GET {
                    let reply = try await operation.send(as: bob.person, bob.ids)
                    #expect(reply.status == 200, "\(operation.path) as Bob: \(reply.status) \(reply.code ?? "")")
                }
            }
        }

        /// A user with one object of each kind, and their ids.
        private static func bob(at endpoint: LiveCluster.Endpoint) async throws -> (person: Person, ids: [String: String]) {
            var bob = try await Person.signedIn(to: endpoint, as: "bob@example.org")
            let organisation = try #require(
                try await bob.auth(.POST, "/organisations", #"{"name":"\#(secret)"}"#).object()["id"] as? String)
            let changed = try await bob.auth(.POST, "/token", #"{"organisation":"\#(organisation)"}"#).object()
            bob = Person(service: endpoint, token: try #require(changed["token"] as? String))
            let pipeline = #"{"outputs":[{"name":"\#(secret)","format":"png"}]}"#
            let task = try await bob.process(PNG.noise(width: 16, height: 16, seed: 7), pipeline: pipeline)
            #expect(task.status == .completed)
            let preset = try await bob.send(
                .PUT, "/api/presets/\(secret)", headers: ["content-type": "application/json"], body: .bytes(ByteBuffer(string: pipeline)))
            #expect(preset.status == 201)
            let key = try await bob.auth(.POST, "/keys", #"{"name":"\#(secret)","scopes":["tasks:read"]}"#).object()
            let invitation = try await bob.auth(
                .POST, "/organisations/\(organisation)/invitations", #"{"role":"viewer","email":"\#(secret)@example.org"}"#
            ).object()
            let sessions = try await bob.auth(.GET, "/sessions").object()["sessions"] as? [[String: Any]]
            let user = try #require(try await bob.auth(.GET, "/me").object()["id"] as? String)
            // A name that does not resolve, so that nothing is sent.
            let hook = try await bob.send(
                .POST, "/api/webhooks", headers: ["content-type": "application/json"],
                body: .bytes(ByteBuffer(string: #"{"url":"http://\#(secret).invalid/","events":["task.failed"]}"#))
            ).object()
            let webhook = try #require(hook["id"] as? String)
            let batch = try await bob.client.createBatch(description: secret)
            let delivery = try await bob.send(.POST, "/api/webhooks/\(webhook)/test").object()
            let ids = [
                "webhook": webhook, "batch": batch.id, "delivery": try #require(delivery["id"] as? String),
                "task": task.id.rawValue, "output": secret, "preset": secret, "organisation": organisation, "user": user,
                "key": try #require(key["id"] as? String), "invitation": try #require(invitation["id"] as? String),
                "session": try #require(sessions?.first?["id"] as? String),
            ]
            return (bob, ids)
        }

        /// A user of each role and a key of each scope, all in another organisation.
        private static func credentials(at endpoint: LiveCluster.Endpoint) async throws -> [(String, Person)] {
            let ada = try await Person.signedIn(to: endpoint)
            let works = try #require(try await ada.auth(.POST, "/organisations", #"{"name":"Works"}"#).object()["id"] as? String)
            func enter(_ person: Person) async throws -> Person {
                let changed = try await person.auth(.POST, "/token", #"{"organisation":"\#(works)"}"#).object()
                return Person(service: endpoint, token: try #require(changed["token"] as? String))
            }
            let owner = try await enter(ada)
            var all = [("owner", owner)]
            for role in ["admin", "member", "viewer"] {
                let invitation = try await owner.auth(
                    .POST, "/organisations/\(works)/invitations", #"{"role":"\#(role)"}"#
                ).object()
                let person = try await Person.signedIn(to: endpoint, as: "\(role)@example.org")
                let secret = try #require(invitation["token"] as? String)
                #expect(try await person.auth(.POST, "/invitations/accept", #"{"token":"\#(secret)"}"#).status == 200)
                all.append((role, try await enter(person)))
            }
            for scope in ["tasks:read", "tasks:write", "outputs:read", "presets:write", "webhooks:write", "organisation:admin"] {
                let key = try await owner.auth(.POST, "/keys", #"{"name":"key","scopes":["\#(scope)"]}"#).object()
                all.append((scope, Person(service: endpoint, token: try #require(key["key"] as? String))))
            }
            return all
        }

        /// The operations that refer to an object by id.
        private static func operations(of endpoint: LiveCluster.Endpoint) async throws -> [Operation] {
            let visitor = Person(service: endpoint)
            var operations: [Operation] = []
            for port in [endpoint.ports.auth, endpoint.ports.api] {
                let document = try JSONValue(parsing: try await visitor.get("/openapi.json", port: port).body.readableBytesView)
                let paths = try #require(document["paths"]?.objectValue).filter { path, _ in
                    // Operators belong to no organisation, and anyone may write a preset of this name in their own organisation.
                    path.contains("{") && !path.hasPrefix("/operator/") && path != "/api/presets/{name}"
                        && !path.hasPrefix("/api/organisations/")
                }
                for (path, item) in paths.sorted(by: { $0.key < $1.key }) {
                    let methods = Set((item.objectValue ?? [:]).keys).intersection(["get", "put", "post", "patch", "delete"])
                    for method in methods.sorted() {
                        operations.append(Operation(method: HTTPMethod(rawValue: method.uppercased()), path: path, port: port))
                    }
                }
            }
            return operations
        }
    }
}

private struct Operation: Sendable {
    let method: HTTPMethod
    let path: String
    let port: Int

    /// - Parameter ids: of existing objects.
    func send(as person: Person, _ ids: [String: String]) async throws -> Reply {
        let kinds = ["tasks": "task", "outputs": "output", "organisations": "organisation", "members": "user", "keys": "key"]
            .merging(["invitations": "invitation", "sessions": "session", "deleted-organisations": "organisation"]) { $1 }
            .merging(["webhooks": "webhook", "deliveries": "delivery", "batches": "batch"]) { $1 }
        var segments = path.split(separator: "/").map(String.init)
        for index in segments.indices where segments[index].hasPrefix("{") {
            let kind = try #require(kinds[segments[index - 1]], "\(path) names something that this test does not know")
            segments[index] = try #require(ids[kind])
        }
        let body: String? =
            switch (method, path) {
            case (.PATCH, "/organisations/{id}"): #"{"name":"Mine"}"#
            case (.DELETE, "/organisations/{id}"): #"{"name":"\#(ids["preset"] ?? "")"}"#
            case (.PATCH, _), (.POST, "/organisations/{id}/invitations"): #"{"role":"viewer"}"#
            default: nil
            }
        return try await person.send(
            method, "/" + segments.joined(separator: "/"), port: port, headers: ["content-type": "application/json"],
            body: body.map { .bytes(ByteBuffer(string: $0)) })
    }
}
