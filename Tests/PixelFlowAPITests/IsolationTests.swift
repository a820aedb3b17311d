import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import PixelFlowAuth
import PixelFlowCore
import PixelFlowHTTP
import Testing
import WireFormats

/// All routes of the route table, called with the credentials of every role and every scope, and with the ids of another
/// organisation. New routes are included automatically.
@Suite struct IsolationTests {
    @Test func everyRouteRequiresItsScope() async throws {
        let harness = try await APIHarness()
        let credentials = try await Self.credentials(of: harness)
        try await harness.run { ada, _ in
            let operations = try await Self.operations(ada)
            #expect(operations.count >= 16)
            for credential in credentials {
                let id = try await ada.task()
                try await harness.complete(id)
                for operation in operations {
                    let client = APIClient(client: ada.client, token: credential.token)
                    let response = try await operation.send(by: client, task: id.rawValue)
                    let isAllowed = operation.scope.map { credential.scopes.contains($0) } ?? true
                    let what = "\(operation.method) \(operation.path) as \(credential.name): \(response.status) \(response.code ?? "")"
                    #expect(response.status != .unauthorized, "\(what)")
                    // A response to HEAD has no body.
                    if response.body.readableBytes > 0 { #expect((response.code == "insufficient_scope") == !isAllowed, "\(what)") }
                    #expect((response.status == .forbidden) == !isAllowed, "\(what)")
                }
            }
        }
    }

    @Test func dataOfOtherOrganisationsIsInvisible() async throws {
        let harness = try await APIHarness()
        let credentials = try await Self.credentials(of: harness)
        try await harness.run { ada, bob in
            let id = try await bob.post(json: #"{"image_url":"https://example.com/secret-of-bob.jpg"}"#).taskID()
            try await harness.complete(id)
            let pipeline = ByteBuffer(string: #"{"outputs":[{"name":"secret-of-bob"}]}"#)
            #expect(try await bob.send(.put, "/api/presets/mine", body: pipeline).status == .created)
            for credential in credentials {
                for operation in try await Self.operations(ada) where operation.path != "/api/presets/{name}" || operation.method != .put {
                    let response = try await operation.send(
                        by: APIClient(client: ada.client, token: credential.token), task: id.rawValue)
                    let what = "\(operation.method) \(operation.path) as \(credential.name): \(response.status)"
                    #expect(!String(buffer: response.body).contains("secret-of-bob"), "\(what)")
                    if operation.path.contains("{") { #expect([.notFound, .forbidden].contains(response.status), "\(what)") }
                }
            }
            #expect(try await bob.get("/api/tasks/\(id)").object()["status"] as? String == "COMPLETED")
            #expect(try await bob.get("/api/presets/mine").status == .ok)
        }
    }

    @Test func aRevokedKeyIsRefused() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            try await Application(router: harness.auth.router()).test(.router) { auth in
                let made = try await Self.send(auth, .post, "/keys", as: ada.token, ["name": "site", "scopes": ["tasks:read"]]).object()
                let key = try #require(made["key"] as? String)
                let client = APIClient(client: ada.client, token: key)
                #expect(try await client.get("/api/tasks").status == .ok)
                #expect(try await client.post(json: #"{"image_url":"http://a.org"}"#).code == "insufficient_scope")
                let id = try #require(made["id"] as? String)
                #expect(try await Self.send(auth, .delete, "/keys/\(id)", as: ada.token).status == .noContent)
                #expect(try await client.get("/api/tasks").status == .unauthorized)
            }
        }
    }

    // MARK: Credentials

    private struct Credential: Sendable {
        let name: String
        let token: String
        let scopes: Set<String>
    }

    /// A user of each role and a key of each scope, all in Ada's organisation.
    private static func credentials(of harness: APIHarness) async throws -> [Credential] {
        let ada = try await harness.token("ada@example.org")
        return try await Application(router: harness.auth.router()).test(.router) { auth in
            var all: [Credential] = []
            for scope in Scope.allCases.map(\.rawValue) {
                let made = try await send(auth, .post, "/keys", as: ada, ["name": .string(scope), "scopes": [.string(scope)]]).object()
                all.append(Credential(name: "key \(scope)", token: try #require(made["key"] as? String), scopes: [scope]))
            }
            let tenant = try #require(try await send(auth, .get, "/validate", as: ada).object()["tenant"] as? String)
            for role in Role.allCases {
                let invitation = try await send(
                    auth, .post, "/organisations/\(tenant)/invitations", as: ada, ["role": .string(role.rawValue)]
                ).object()
                let token = try await harness.token("\(role.rawValue)@example.org")
                let secret = try #require(invitation["token"] as? String)
                #expect(try await send(auth, .post, "/invitations/accept", as: token, ["token": .string(secret)]).status == .ok)
                let changed = try await send(auth, .post, "/token", as: token, ["organisation": .string(tenant)]).object()
                all.append(
                    Credential(
                        name: role.rawValue, token: try #require(changed["token"] as? String), scopes: Set(role.scopes.map(\.rawValue))))
            }
            return all
        }
    }

    private static func send(
        _ client: any TestClientProtocol, _ method: HTTPRequest.Method, _ path: String, as token: String, _ body: JSONValue? = nil
    ) async throws -> TestResponse {
        try await client.execute(
            uri: path, method: method, headers: [.authorization: "Bearer \(token)"], body: body.map { ByteBuffer(string: $0.text()) })
    }

    // MARK: Operations

    private struct Operation: Sendable {
        let method: HTTPRequest.Method
        let path: String
        let scope: String?

        func send(by client: APIClient, task: String) async throws -> TestResponse {
            let path = path.replacing("/api/tasks/{id}", with: "/api/tasks/\(task)")
                .replacing("/outputs/{name}", with: "/outputs/image").replacing("/presets/{name}", with: "/presets/mine")
            let body: String? =
                switch (method, path) {
                case (.put, _), (_, "/api/pipelines/check"): #"{"outputs":[{"name":"image"}]}"#
                case (_, "/api/upload"): #"{"image_url":"https://example.com/a.jpg"}"#
                default: nil
                }
            // A stream would not end; its head is sufficient.
            let asked: HTTPRequest.Method = path == "/api/events" ? .head : method
            return try await client.send(asked, path, body: body.map { ByteBuffer(string: $0) })
        }
    }

    /// The operations in the description, except those for anyone or for operators.
    private static func operations(_ client: APIClient) async throws -> [Operation] {
        let document = try JSONValue(parsing: try await client.get("/openapi.json").body.readableBytesView)
        let paths = try #require(document["paths"]?.objectValue)
        return paths.sorted { $0.key < $1.key }.flatMap { path, item in
            (item.objectValue ?? [:]).sorted { $0.key < $1.key }.compactMap { method, operation -> Operation? in
                guard let scope = operation["x-required-scope"]?.stringValue, let method = HTTPRequest.Method(rawValue: method.uppercased())
                else { return nil }
                return Operation(method: method, path: path, scope: scope)
            }
        }
    }
}
