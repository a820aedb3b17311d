import HTTPTypes
import Hummingbird
import NIOCore

/// An auth service that knows one user and one token.
struct StubAuth: Sendable {
    static let token = "header.claims.signature"
    static let refreshToken = "pf_refresh_s1.1.mac"
    static let credentials = #"{"email":"ada@example.org","password":"correct horse"}"#

    let routes: Routes = { router in
        router.post("/register") { request, _ in
            let body = String(buffer: try await request.body.collect(upTo: 4096))
            return body.contains("taken@") ? problem(.conflict, "email_taken") : json(.created, #"{"id":"u1"}"#)
        }
        router.post("/login") { request, _ in
            let body = String(buffer: try await request.body.collect(upTo: 4096))
            if body.contains("slow@") { return problem(.tooManyRequests, "login_throttled", headers: [.retryAfter: "7"]) }
            guard body.contains("correct horse") else { return problem(.unauthorized, "credentials_wrong") }
            return json(.ok, #"{"token":"\#(token)","token_type":"Bearer","expires_in":3600,"refresh_token":"\#(refreshToken)"}"#)
        }
        router.post("/token") { request, _ in
            let body = String(buffer: try await request.body.collect(upTo: 4096))
            if body.contains("t3") { return problem(.notFound, "not_found") }
            if body.contains("t2") { return json(.ok, #"{"token":"\#(token)","token_type":"Bearer","expires_in":3600}"#) }
            guard body.contains(refreshToken) else { return problem(.unauthorized, "refresh_token_invalid") }
            return json(.ok, #"{"token":"\#(token)","token_type":"Bearer","expires_in":3600,"refresh_token":"next"}"#)
        }
        router.post("/logout") { request, _ in
            request.headers[.authorization] == "Bearer \(token)" ? Response(status: .noContent) : problem(.unauthorized, "token_expired")
        }
        router.get("/validate") { request, _ in
            guard request.headers[.authorization] == "Bearer \(token)" else { return problem(.unauthorized, "token_expired") }
            return json(
                .ok,
                #"{"valid":true,"user_id":"u1","email":"ada@example.org","tenant":"t1","expires_at":"2030-01-01T00:00:00Z"}"#)
        }
        router.post("/unsubscribe") { request, _ in "POST \(request.uri.queryParameters["token"] ?? "")" }
        router.get("/unsubscribe") { _, _ in
            Response(status: .ok, headers: [.contentSecurityPolicy: "default-src 'none'"])
        }
        router.get("/metrics") { _, _ in "secret numbers" }
    }
}

func json(_ status: HTTPResponse.Status, _ text: String, headers: HTTPFields = [:]) -> Response {
    var headers = headers
    headers[.contentType] = "application/json"
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
}

func problem(_ status: HTTPResponse.Status, _ code: String, headers: HTTPFields = [:]) -> Response {
    json(status, #"{"status":\#(status.code),"code":"\#(code)","detail":"Told by auth."}"#, headers: headers)
}
