import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import Testing
import WireFormats

/// A request that is meant for one organisation never reaches another one.
@Suite struct OrganisationGuardTests {
    /// A token of the organisation `t1`; the `ÿ?` makes its encoding differ from plain Base64.
    private static let token =
        "header." + Base64.urlEncoded(#"{"email":"ÿ?ÿ?@example.org","tenant":"t1","sub":"u1"}"#.utf8) + ".signature"
    private static let cookie = ("cookie", "pixelflow_session=\(token)")

    private static func header(_ organisation: String) -> (String, String) { ("pixelflow-organisation", organisation) }

    private static let cases: [Case] = [
        Case("its own organisation", [header("t1"), cookie], 200),
        Case("another organisation", [header("t2"), cookie], 409),
        Case("an empty name", [header(""), cookie], 409),
        Case("no header", [cookie], 200),
        Case("no session", [header("t2")], 200),
        // The credential of the request is not the session.
        Case("a token", [header("t2"), cookie, ("authorization", "Bearer own")], 200),
        Case("a removed token", [header("t2"), cookie, ("authorization", "x"), ("connection", "authorization")], 409),
        // The services refuse these tokens.
        Case("a damaged token", [header("t2"), ("cookie", "pixelflow_session=a.%.c")], 200),
        Case("no token", [header("t2"), ("cookie", "pixelflow_session=secret")], 200),
    ]

    @Test(arguments: cases)
    func requestsForAnotherOrganisationAreRefused(_ item: Case) async throws {
        let arrived = Mutex(0)
        try await withWebStack(api: { router in
            router.post("/api/upload") { request, _ in
                arrived.withLock { $0 += 1 }
                return "\(request.headers.contains { $0.name.canonicalName == "pixelflow-organisation" })"
            }
        }) { stack in
            let response = try await stack.send(
                .post, "/api/upload", headers: item.headers + [("origin", stack.origin)], body: .bytes(ByteBuffer(string: "picture")))
            #expect(response.status == item.status)
            if item.status == 409 {
                #expect(response.headers["content-type"]?.hasPrefix("application/problem+json") == true)
                #expect(response.body.contains(#""organisation_changed""#))
            } else {
                #expect(response.body == "false", "the header is for web alone")
            }
        }
        #expect(arrived.withLock { $0 } == (item.status == 409 ? 0 : 1))
    }

    /// Auth has requests for organisations, too, such as a new API key.
    @Test func requestsToAuthAreChecked() async throws {
        try await withWebStack { stack in
            let response = try await stack.send(.get, "/auth/validate", headers: [Self.header("t2"), Self.cookie])
            #expect(response.status == 409)
        }
    }

    struct Case: Sendable, CustomStringConvertible {
        let description: String
        let headers: [(String, String)]
        let status: Int

        init(_ description: String, _ headers: [(String, String)], _ status: Int) {
            self.description = description
            self.headers = headers
            self.status = status
        }
    }
}
