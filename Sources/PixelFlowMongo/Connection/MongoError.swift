import CMongoC

/// Why a command failed or got no response.
struct MongoError: Error, Sendable, CustomStringConvertible {
    enum Kind: Sendable {
        /// There was no connection, or it was lost; the command may have been executed.
        case connection
        /// The server is no longer the primary, or is shutting down.
        case notPrimary
        /// The credentials were rejected.
        case credentials
        /// The write was applied, but a majority has not confirmed it in time.
        case unconfirmed
        /// Any other error response of the server.
        case server
    }

    let kind: Kind
    let code: UInt32
    /// The message of the library or the server, without anything that looks like credentials.
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

    /// Whether an immediate retry on another connection makes sense.
    var isWorthRepeating: Bool { kind == .connection || kind == .notPrimary }

    private static func kind(domain: mongoc_error_domain_t, code: UInt32) -> Kind {
        switch domain {
        case MONGOC_ERROR_STREAM, MONGOC_ERROR_SERVER_SELECTION, MONGOC_ERROR_POOL, MONGOC_ERROR_PROTOCOL: return .connection
        case MONGOC_ERROR_SASL, MONGOC_ERROR_SCRAM: return .credentials
        case MONGOC_ERROR_CLIENT: return code == MONGOC_ERROR_CLIENT_AUTHENTICATE.rawValue ? .credentials : .connection
        default: return kind(serverCode: code)
        }
    }

    /// Maps the codes in MongoDB's error_codes.yml.
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
        default: .server
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
