// Written by `make docs`.
// swift-format-ignore-file

/// Requests that a test has sent, and the responses that came back, by operation; ids, times and secrets are replaced.
enum RecordedExamples {
    static let all: [String: String] = [
        "createKey 201": #"""
            {
                "created_at": "2026-01-15T09:30:00.000Z",
                "created_by": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                "hint": "7QzK",
                "id": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                "key": "pf_live_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG1x7QzK",
                "name": "site",
                "networks": [
                    "203.0.113.0/24"
                ],
                "scopes": [
                    "outputs:read",
                    "tasks:read",
                    "tasks:write"
                ]
            }
            """#,
        "createKey body": #"""
            {
                "name": "site",
                "networks": [
                    "203.0.113.0/24"
                ],
                "scopes": [
                    "tasks:read",
                    "tasks:write",
                    "outputs:read"
                ]
            }
            """#,
        "createOrganisation 201": #"""
            {
                "created_at": "2026-01-15T09:30:00.000Z",
                "id": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                "name": "Works",
                "personal": false,
                "role": "owner"
            }
            """#,
        "createOrganisation body": #"""
            {
                "name": "Works"
            }
            """#,
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
        "getMe 200": #"""
            {
                "created_at": "2026-01-15T09:30:00.000Z",
                "email": "ada@example.org",
                "email_verified": false,
                "id": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                "organisation": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                "recovery_codes": 0,
                "role": "owner",
                "second_factor": false,
                "tenant": "01990f5e-7c1a-7b3c-8d2e-0123456789ab"
            }
            """#,
        "getOrganisation 200": #"""
            {
                "created_at": "2026-01-15T09:30:00.000Z",
                "id": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                "name": "Works",
                "personal": false,
                "role": "owner"
            }
            """#,
        "getRegistration 200": #"""
            {
                "needs_setup": false,
                "registration": "open",
                "sends_mail": false
            }
            """#,
        "invite 201": #"""
            {
                "created_at": "2026-01-15T09:30:00.000Z",
                "email": "bob@example.org",
                "expires_at": "2026-01-15T09:30:00.000Z",
                "id": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                "invited_by": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                "mailed": false,
                "role": "member",
                "token": "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
            }
            """#,
        "invite body": #"""
            {
                "email": "bob@example.org",
                "role": "member"
            }
            """#,
        "listAudit 200": #"""
            {
                "entries": [
                    {
                        "action": "key.created",
                        "actor": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                        "actor_name": "ada@example.org",
                        "address": "",
                        "at": "2026-01-15T09:30:00.000Z",
                        "detail": "site: outputs:read tasks:read tasks:write",
                        "id": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                        "request_id": "4b2f0c9d8e7a6b5c4d3e2f1a0b9c8d7e",
                        "target": "01990f5e-7c1a-7b3c-8d2e-0123456789ab"
                    }
                ]
            }
            """#,
        "listKeys 200": #"""
            {
                "keys": [
                    {
                        "created_at": "2026-01-15T09:30:00.000Z",
                        "created_by": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                        "hint": "7QzK",
                        "id": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                        "name": "site",
                        "networks": [
                            "203.0.113.0/24"
                        ],
                        "scopes": [
                            "outputs:read",
                            "tasks:read",
                            "tasks:write"
                        ]
                    }
                ]
            }
            """#,
        "listMembers 200": #"""
            {
                "members": [
                    {
                        "email": "ada@example.org",
                        "role": "owner",
                        "since": "2026-01-15T09:30:00.000Z",
                        "user_id": "01990f5e-7c1a-7b3c-8d2e-0123456789ab"
                    }
                ]
            }
            """#,
        "listSessions 200": #"""
            {
                "sessions": [
                    {
                        "address": "",
                        "created_at": "2026-01-15T09:30:00.000Z",
                        "current": true,
                        "device": "",
                        "expires_at": "2026-01-15T09:30:00.000Z",
                        "id": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                        "last_used_at": "2026-01-15T09:30:00.000Z",
                        "organisation": "01990f5e-7c1a-7b3c-8d2e-0123456789ab"
                    }
                ]
            }
            """#,
        "login 200": #"""
            {
                "expires_in": 86400,
                "refresh_token": "pf_refresh_01990f5e-7c1a-7b3c-8d2e-0123456789ab.1.c2lnbmF0dXJl",
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
        "refreshToken 200": #"""
            {
                "expires_in": 86400,
                "refresh_token": "pf_refresh_01990f5e-7c1a-7b3c-8d2e-0123456789ab.1.c2lnbmF0dXJl",
                "token": "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl",
                "token_type": "Bearer"
            }
            """#,
        "refreshToken body": #"""
            {
                "refresh_token": "pf_refresh_01990f5e-7c1a-7b3c-8d2e-0123456789ab.1.c2lnbmF0dXJl"
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
                "session_id": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                "tenant": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                "user_id": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                "valid": true
            }
            """#,
    ]
}
