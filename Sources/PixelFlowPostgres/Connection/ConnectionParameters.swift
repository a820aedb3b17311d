import CLibPQ
import Foundation

/// The connection parameters of libpq as keywords and values. They contain the password: never log them.
struct ConnectionParameters: Sendable {
    private(set) var values: [String: String]

    private static let schemes = ["postgres://", "postgresql://"]
    private static let tlsModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

    /// A broken network is detected on an idle connection after 30 + 3 * 10 s, on a busy one after 15 s.
    private static let defaults = [
        "fallback_application_name": "pixelflow", "client_encoding": "UTF8", "keepalives_idle": "30", "keepalives_interval": "10",
        "keepalives_count": "3", "tcp_user_timeout": "15000",
    ]

    /// Nil if libpq cannot parse the URL. The reason is dropped, because libpq's message repeats the URL.
    init?(url: String) {
        guard Self.schemes.contains(where: url.hasPrefix), let options = PQconninfoParse(url, nil) else { return nil }
        defer { PQconninfoFree(options) }
        values = Self.defaults
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        if let mode = values["sslmode"], !Self.tlsModes.contains(mode) { return nil }
    }

    mutating func setDefault(_ keyword: String, _ value: String) {
        if values[keyword] == nil { values[keyword] = value }
    }

    /// Provides keywords and values in the form that libpq needs: two null-terminated arrays of C strings.
    func withCStrings<Value>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<UnsafePointer<CChar>?>) -> Value
    ) -> Value {
        let pairs = Array(values)
        let keywords = pairs.map { strdup($0.key) }
        let texts = pairs.map { strdup($0.value) }
        defer { (keywords + texts).forEach { free($0) } }
        return body(keywords.map { UnsafePointer($0) } + [nil], texts.map { UnsafePointer($0) } + [nil])
    }
}
