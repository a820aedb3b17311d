/// What a server has said to EHLO that it can do.
struct SMTPCapabilities: Sendable, Hashable {
    var startTLS = false
    var utf8 = false
    /// The largest message in bytes, if the server says so.
    var size: Int?
    var authentication: Set<String> = []

    init() {}

    /// - Parameter lines: of the reply, the first being the greeting.
    init(_ lines: [String]) {
        for line in lines.dropFirst() {
            // `AUTH=` is how some servers said it before there was a standard.
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
