import CMongoC
import Logging

/// libmongoc as a whole: started once, never shut down, with its log lines in PixelFlow's log.
enum MongoLibrary {
    private static let logger = Logger(label: "mongodb")

    private static let started: Void = {
        // First, because initialization can also log warnings.
        mongoc_log_set_handler(
            { level, domain, message, _ in
                MongoLibrary.log(level, domain.map { String(cString: $0) } ?? "", message.map { String(cString: $0) } ?? "")
            }, nil)
        mongoc_init()
    }()

    /// Must be called before any other function of the library.
    static func start() { started }

    private static func log(_ level: mongoc_log_level_t, _ domain: String, _ message: String) {
        let level: Logger.Level =
            switch level {
            case MONGOC_LOG_LEVEL_ERROR, MONGOC_LOG_LEVEL_CRITICAL: .error
            case MONGOC_LOG_LEVEL_WARNING: .warning
            case MONGOC_LOG_LEVEL_MESSAGE, MONGOC_LOG_LEVEL_INFO: .info
            case MONGOC_LOG_LEVEL_DEBUG: .debug
            default: .trace
            }
        logger.log(level: level, "\(Redaction.withoutCredentials(message))", metadata: ["domain": "\(domain)"])
    }
}
