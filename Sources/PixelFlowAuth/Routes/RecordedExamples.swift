// Written by `make docs`.
// swift-format-ignore-file

/// Requests that a test has sent, and the answers that came back, by operation; ids, times and secrets are replaced.
enum RecordedExamples {
    static let all: [String: String] = [
        "getKeys 200": #"""
            {
                "keys": [
                    {
                        "alg": "ES256",
                        "crv": "P-256",
                        "kid": "2026-01",
                        "kty": "EC",
                        "use": "sig",
                        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                        "y": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
                    }
                ]
            }
            """#,
        "getRegistration 200": #"""
            {
                "needs_setup": false,
                "registration": "open"
            }
            """#,
        "login 200": #"""
            {
                "expires_in": 86400,
                "refresh_token": "pf_refresh_01a225f7-c8bd-78d4-9a15-dea1ecf7f22c.1.jyPUWI7tIP2B3O_gVvIpI9Z9EFgqIa1lvgkQIrrYyF0",
                "token": "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl",
                "token_type": "Bearer"
            }
            """#,
        "login 401": #"""
            {
                "code": "credentials_invalid",
                "detail": "The email address or the password is wrong.",
                "request_id": "4b2f0c9d8e7a6b5c4d3e2f1a0b9c8d7e",
                "status": 401,
                "title": "Unauthorized",
                "type": "urn:pixelflow:problem:credentials_invalid"
            }
            """#,
        "login body": #"""
            {
                "email": "ada@example.org",
                "password": "correct horse battery"
            }
            """#,
        "register 201": #"""
            {
                "created_at": "2026-01-15T09:30:00.000Z",
                "email": "ada@example.org",
                "id": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                "tenant": "01990f5e-7c1a-7b3c-8d2e-0123456789ab"
            }
            """#,
        "register 409": #"""
            {
                "code": "email_taken",
                "detail": "An account with this email address already exists; sign in instead.",
                "field": "email",
                "request_id": "4b2f0c9d8e7a6b5c4d3e2f1a0b9c8d7e",
                "status": 409,
                "title": "Conflict",
                "type": "urn:pixelflow:problem:email_taken"
            }
            """#,
        "register body": #"""
            {
                "email": "ada@example.org",
                "password": "correct horse battery"
            }
            """#,
        "validateToken 200": #"""
            {
                "email": "ada@example.org",
                "expires_at": "2026-01-15T09:30:00.000Z",
                "role": "owner",
                "scope": "organisation:admin outputs:read presets:write tasks:read tasks:write webhooks:write",
                "session_id": "01a225f7-c8bd-78d4-9a15-dea1ecf7f22c",
                "tenant": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                "user_id": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                "valid": true
            }
            """#,
    ]
}
