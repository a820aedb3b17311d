/// The capabilities that a server reports in its reply to EHLO.
struct SMTPCapabilities: Sendable, Hashable {
    var startTLS = false
    var utf8 = false
    /// The maximum size of a message in bytes, if the server reports it.
    var size: Int?
    var authentication: Set<String> = []

    init() {}

    /// - Parameter lines: of the reply; the first one is the greeting.
    init(_ lines: [String]) {
        for line in lines.dropFirst() {
            // Some servers use the pre-standard form `AUTH=`.
            let words = line.uppercased().split { $0 == " " || $0 == "=" }.map(String.init)
            switch words.first {
            case "STARTTLS": startTLS = true
            case "SMTPUTF8": utf8 = true
            case "SIZE": size = words.dropFirst().first.flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
            case "AUTH": authentication.formUnion(words.dropFirst())
            default: break
            }
        }
    }
}
