import CMongoC

/// Why a command failed or was not answered.
struct MongoError: Error, Sendable, CustomStringConvertible {
    enum Kind: Sendable {
        /// The connection is gone or there never was one; the command may have had its effect.
        case connection
        /// The server is no longer the primary, or is shutting down.
        case notPrimary
        /// User name or password were refused.
        case credentials
        /// The write was applied, but a majority has not confirmed it in time.
        case unconfirmed
        /// Anything else that the server answered.
        case answer
    }

    let kind: Kind
    let code: UInt32
    /// As the library or the server says it, without what looks like credentials.
    let message: String

    init(kind: Kind, code: UInt32 = 0, message: String) {
        self.kind = kind
        self.code = code
        self.message = Redaction.withoutCredentials(message)
    }

    init(_ error: bson_error_t) {
        var error = error
        let message = withUnsafeBytes(of: &error.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let kind = Self.kind(domain: mongoc_error_domain_t(rawValue: error.domain), code: error.code)
        self.init(kind: kind, code: error.code, message: message)
    }

    var description: String { "MongoDB \(kind) (code \(code)): \(message)" }

    /// Whether asking again at once, on another connection, makes sense.
    var isWorthRepeating: Bool { kind == .connection || kind == .notPrimary }

    private static func kind(domain: mongoc_error_domain_t, code: UInt32) -> Kind {
        switch domain {
        case MONGOC_ERROR_STREAM, MONGOC_ERROR_SERVER_SELECTION, MONGOC_ERROR_POOL, MONGOC_ERROR_PROTOCOL: return .connection
        case MONGOC_ERROR_SASL, MONGOC_ERROR_SCRAM: return .credentials
        case MONGOC_ERROR_CLIENT: return code == MONGOC_ERROR_CLIENT_AUTHENTICATE.rawValue ? .credentials : .connection
        default: return kind(serverCode: code)
        }
    }

    /// By the codes of MongoDB's error_codes.yml.
    static func kind(serverCode: UInt32) -> Kind {
        switch serverCode {
        // AuthenticationFailed, Unauthorized.
        case 18, 13: .credentials
        // HostUnreachable, HostNotFound, NetworkTimeout, SocketException.
        case 6, 7, 89, 9001: .connection
        // ShutdownInProgress, PrimarySteppedDown, NotWritablePrimary, NotPrimaryNoSecondaryOk, NotPrimaryOrSecondary,
        // InterruptedAtShutdown, InterruptedDueToReplStateChange.
        case 91, 189, 10107, 13435, 13436, 11600, 11602: .notPrimary
        // WriteConcernFailed, UnsatisfiableWriteConcern.
        case 64, 100: .unconfirmed
        default: .answer
        }
    }
}

/// Removes user names and passwords from logged text.
enum Redaction {
    /// Replaces the credentials between `//` and `@` in a URL.
    static func withoutCredentials(_ text: String) -> String {
        guard text.contains("://") else { return text }
        return text.replacing(#/:\/\/[^\/\s]*@/#, with: "://***@")
    }
}
