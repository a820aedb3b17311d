import StubService

/// A reproducible auth with two accounts, two organisations, a key and two log entries.
enum TeamService {
    static let serviceSecret = "a-secret-of-the-services"
    static let ada = "019706d2-7c3e-7000-8000-0000000000a1"
    static let bob = "019706d2-7c3e-7000-8000-0000000000b2"
    static let team = "019706d2-7c3e-7000-8000-0000000000c3"
    static let key = "019706d2-7c3e-7000-8000-0000000000d4"

    static let environment = ["PFCTL_TOKEN": "good", "NO_COLOR": "1"]

    static func run(_ body: @Sendable (FakePixelFlow, StubService) async throws -> Void) async throws {
        try await StubService.run("auth", port: 50_051, respond) { pixelflow, auth in
            pixelflow.setServiceSecret(serviceSecret)
            try await body(pixelflow, auth)
        }
    }

    static let respond: StubService.Responder = { call in
        let isOperator = ["/operator/", "/api/organisations/"].contains(where: call.path.hasPrefix)
        guard call.authorization == "Bearer \(isOperator ? serviceSecret : "good")" else {
            return (401, #"{"detail":"The token is not valid.","code":"token_invalid"}"#)
        }
        switch (call.method, call.path) {
        case ("GET", "/operator/users?limit=1000"):
            return (200, #"{"users":[\#(user(ada, "ada@example.com"))],"next_cursor":"\#(ada)"}"#)
        case ("GET", "/operator/users?limit=1000&cursor=\(ada)"):
            return (200, #"{"users":[\#(user(bob, "bob@example.com", isDisabled: true))],"next_cursor":null}"#)
        case ("POST", "/operator/users"):
            guard call.body.contains("eve@example.com") else { return (409, #"{"detail":"It has an account.","code":"email_taken"}"#) }
            return (201, #"{"user":\#(user(bob, "eve@example.com")),"reset_token":"pf_reset_once"}"#)
        case ("PATCH", "/operator/users/\(ada)"):
            return (200, user(ada, "ada@example.com", isDisabled: call.body.contains("true")))
        case ("PATCH", "/operator/users/\(bob)"):
            return (200, user(bob, "bob@example.com", isDisabled: call.body.contains("true")))
        case ("POST", "/operator/users/\(ada)/password-reset"): return (201, #"{"reset_token":"pf_reset_again"}"#)
        case ("GET", "/operator/organisations?limit=1000"):
            return (200, #"{"organisations":[\#(personal),\#(deleted)],"next_cursor":null}"#)
        case ("GET", "/operator/organisations/\(team)/members"), ("GET", "/operator/organisations/\(ada)/members"):
            return (200, #"{"members":[\#(member(ada, "ada@example.com", "owner")),\#(member(bob, "bob@example.com", "viewer"))]}"#)
        case ("PATCH", "/operator/organisations/\(team)"): return (204, "")
        case ("GET", "/api/organisations/\(team)/quota"):
            let quota = #""tasks_per_month":1000,"tasks_in_flight":null,"bytes_stored":5000000,"source_bytes":null,"retention_days":30"#
            return (200, "{\(quota)}")
        case ("PUT", "/api/organisations/\(team)/quota"): return (200, call.body)
        case ("GET", "/keys"): return (200, #"{"keys":[\#(keyText())]}"#)
        case ("POST", "/keys"): return (201, keyText(secret: #","key":"pf_live_once""#))
        case ("DELETE", "/keys/\(key)"): return (204, "")
        case ("GET", let path) where path.hasPrefix("/audit?"): return (200, #"{"entries":[\#(entries)],"next_cursor":null}"#)
        default: return (404, #"{"detail":"There is no such resource.","code":"not_found"}"#)
        }
    }

    private static func user(_ id: String, _ email: String, isDisabled: Bool = false) -> String {
        """
        {"id":"\(id)","email":"\(email)","tenant":"\(id)","disabled":\(isDisabled),"created_at":"2026-04-20T12:00:00Z"}
        """
    }

    private static func member(_ id: String, _ email: String, _ role: String) -> String {
        #"{"user_id":"\#(id)","email":"\#(email)","role":"\#(role)","since":"2026-04-21T12:00:00Z"}"#
    }

    private static let personal = """
        {"id":"\(ada)","name":"ada@example.com","personal_of":"\(ada)","created_at":"2026-04-20T12:00:00Z"}
        """
    private static let deleted = """
        {"id":"\(team)","name":"Holiday pictures","created_at":"2026-04-21T12:00:00Z","deleted_at":"2026-04-30T12:00:00Z"}
        """

    private static func keyText(secret: String = "") -> String {
        """
        {"id":"\(key)","name":"site","hint":"x7Qa","scopes":["tasks:read","tasks:write"],"networks":["203.0.113.0/24"],
        "created_by":"\(ada)","created_at":"2026-04-28T12:00:00Z","last_used_at":"2026-05-01T11:58:00Z"\(secret)}
        """
    }

    private static let entries = """
        {"id":"019706d2-7c3e-7000-8000-0000000000e2","at":"2026-05-01T11:58:00Z","actor":"\(ada)","actor_name":"ada@example.com",
        "action":"key.created","target":"\(key)","detail":"site: tasks:read tasks:write","address":"203.0.113.7","request_id":"r2"},
        {"id":"019706d2-7c3e-7000-8000-0000000000e1","at":"2026-05-01T11:30:00Z","actor":"","actor_name":"operator",
        "action":"user.enabled","target":"\(bob)","detail":"bob@example.com","address":"10.0.0.1","request_id":"r1"}
        """
}
