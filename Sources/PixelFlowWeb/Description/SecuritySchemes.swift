import WireFormats

/// The ways to authenticate a request to web: with a token, or with the session opened by the page.
enum SecuritySchemes {
    /// Either cookie is sufficient.
    static let sessions: [JSONValue] = [["session": []], ["secureSession": []]]

    static let json: [String: JSONValue] = [
        "bearer": [
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "A token of `POST /auth/login`. It takes precedence over a session.",
        ],
        "session": cookie(SessionCookie.plainName, "over http"),
        "secureSession": cookie(SessionCookie.secureName, "over https"),
    ]

    static let organisationName = "SessionOrganisation"
    /// The header of requests that rely on the session.
    static let organisation: JSONValue = [
        "name": "PixelFlow-Organisation", "in": "header", "required": false, "schema": ["type": "string"],
        "description": """
        The organisation that the request is meant for. If the session is in another one, because another tab of the browser has switched \
        it, the request is refused. Requests with a token of their own are not checked.
        """,
    ]

    private static func cookie(_ name: String, _ transport: String) -> JSONValue {
        [
            "type": "apiKey", "in": "cookie", "name": .string(name),
            "description": .string("The session of `POST /session` \(transport). Browsers send it by themselves; scripts cannot read it."),
        ]
    }
}
