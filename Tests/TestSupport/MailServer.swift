package import Deadlines
import Foundation

/// Debian's aiosmtpd, which a test starts, stops and restarts. It keeps the messages that it accepts.
package final class MailServer {
    package enum Security: String { case plain, starttls, implicit }

    /// A message that the server has accepted.
    package struct Mail: Decodable, Sendable {
        package let from: String
        package let to: [String]
        package let options: [String]
        package let headers: [String: String]
        /// By content type, decoded.
        package let parts: [String: String]
        package let secure: Bool
        /// The mechanism of the login.
        package let login: String
        package let raw: String
        /// Defects found by the parser of Python's standard library.
        package let defects: [String]
    }

    package let security: Security
    /// On the loopback address, the same after each start; 0 before the first one.
    package private(set) var port = 0
    private let folder: TemporaryFolder
    private let arguments: [String]
    private var process: RunningProcess?

    /// Runs `body` with a server that responds, and removes the server afterwards.
    ///
    /// - Parameters:
    ///   - login: `USER:PASSWORD`; if set, the server requires it.
    ///   - size: the maximum size of a message in bytes.
    ///   - names: the names in the certificate.
    package static func with(
        _ security: Security = .plain, login: String? = nil, mechanisms: String = "PLAIN,LOGIN", size: Int = 1_000_000,
        names: String = "DNS:localhost,IP:127.0.0.1", _ body: (MailServer) async throws -> Void
    ) async throws {
        let server = try MailServer(security, login: login, mechanisms: mechanisms, size: size, names: names)
        defer { try? server.stop() }
        try await server.start()
        try await body(server)
    }

    private init(_ security: Security, login: String?, mechanisms: String, size: Int, names: String) throws {
        self.security = security
        folder = try TemporaryFolder()
        var arguments = [folder.path, "--mechanisms", mechanisms, "--size", "\(size)"]
        if security != .plain { arguments += ["--tls", security.rawValue] }
        if let login { arguments += ["--login", login] }
        self.arguments = arguments
        if security != .plain { try Command.makeCertificate(names, certificate: certificate, key: file("key.pem").path) }
    }

    private func file(_ name: String) -> URL { URL(filePath: folder.path + "/" + name) }

    /// The path of the certificate.
    package var certificate: String { file("certificate.pem").path }

    /// Starts the server, on the same port as before.
    package func start() async throws {
        let portFile = file("port")
        try? FileManager.default.removeItem(at: portFile)
        let errors = file("errors")
        try Data().write(to: errors)
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/mail-server").standardizedFileURL
        let process = try RunningProcess(script.path, arguments + ["--port", "\(port)"], errors: errors.path)
        self.process = process
        port = try await eventually("the mail server listens") {
            guard process.isRunning else { throw MailServerError(text: try String(contentsOf: errors, encoding: .utf8)) }
            return (try? String(contentsOf: portFile, encoding: .utf8)).flatMap { Int($0) }
        }
    }

    /// Stops the server immediately; accepted messages are kept.
    package func stop() throws {
        guard let process else { return }
        process.signal(SIGKILL)
        try process.waitForExit("the mail server ends")
        self.process = nil
    }

    /// The accepted messages in order.
    package func mails() throws -> [Mail] {
        guard let data = try? Data(contentsOf: file("mailbox.jsonl")) else { return [] }
        return try data.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Mail.self, from: $0) }
    }

    /// A value for `PIXELFLOW_SMTP_URL`.
    ///
    /// - Parameter login: `USER:PASSWORD`
    package func url(host: String = "127.0.0.1", login: String? = nil) -> String {
        let scheme = security == .implicit ? "smtps" : "smtp"
        return "\(scheme)://\(login.map { "\($0)@" } ?? "")\(host):\(port)" + (security == .plain ? "" : "?ca=\(certificate)")
    }
}

/// The server could not be started, possibly because python3-aiosmtpd is missing, which `scripts/setup stack` installs.
struct MailServerError: Error, CustomStringConvertible {
    let text: String
    var description: String { "the mail server does not start (scripts/setup stack installs it): \(text)" }
}
