import Deadlines
import SMTP
import Testing

@Suite("Mail servers that misbehave")
struct SMTPFaultTests {
    /// Short for what the server leaves without a reply, and only there: a slow machine must not decide.
    private static func hasty(at word: String) -> SMTPTimeouts {
        var timeouts = SMTPTimeouts()
        switch word {
        case "": timeouts.greeting = .milliseconds(200)
        case ".": timeouts.completion = .milliseconds(200)
        default: timeouts.command = .milliseconds(200)
        }
        return timeouts
    }

    private func send(
        to server: FakeMailServer, _ endpoint: (Int) throws -> SMTPEndpoint = { try SMTPEndpoint(url: "smtp://127.0.0.1:\($0)") },
        _ timeouts: SMTPTimeouts = SMTPTimeouts(), _ message: MailMessage? = nil
    ) async throws -> SMTPError? {
        let client = try SMTPClient(try endpoint(server.port), timeouts: timeouts)
        let message = try message ?? SMTPServerTests.message()
        do {
            try await within(.testDeadline, "a reply") { try await client.send(message) }
            return nil
        } catch let error as SMTPError {
            return error
        }
    }

    @Test(
        "no reply before the final dot is a failure, no reply after it is uncertain", arguments: ["", "EHLO", "MAIL", "RCPT", "DATA", "."])
    func noReplyAfterTheFinalDotIsUncertain(word: String) async throws {
        for reply in [FakeMailServer.Reply.noReply, .hangUp] {
            try await FakeMailServer.with({ $0.prefix(4) == word ? reply : FakeMailServer.usual($0) }) { server in
                let timeouts = Self.hasty(at: word)
                let error = try #require(try await send(to: server, { try SMTPEndpoint(url: "smtp://127.0.0.1:\($0)") }, timeouts))
                #expect(error.kind == (word == "." ? .doubt : .connection), "\(reply): \(error)")
                #expect(!error.isPermanent)
            }
        }
    }

    @Test(
        "a refusal counts against the message only if it is about the message",
        arguments: [
            ("", "554 go away", SMTPError.Kind.server), ("EHLO", "500 what", .server), ("MAIL", "550 not you", .server),
            ("MAIL", "451 not now", .postponed), ("RCPT", "550 not them", .refused), ("RCPT", "450 not now", .postponed),
            ("RCPT", "421 closing", .server), ("DATA", "554 no", .refused), (".", "554 spam", .refused), (".", "451 later", .postponed),
            ("RCPT", "2", .server), ("RCPT", "250-a\r\n251 b", .server), ("RCPT", "abc", .server),
        ])
    func refusalOfTheMessageIsClassified(word: String, reply: String, kind: SMTPError.Kind) async throws {
        try await FakeMailServer.with({ $0.prefix(4) == word ? .say(reply) : FakeMailServer.usual($0) }) { server in
            let error = try #require(try await send(to: server))
            #expect(error.kind == kind, "\(error)")
        }
    }

    @Test("a server that never stops sending is refused")
    func endlessReplyIsRefused() async throws {
        let texts = [String(repeating: "x", count: 3_000), (0..<200).map { "250-\($0)" }.joined(separator: "\r\n")]
        for text in texts {
            try await FakeMailServer.with({ $0.hasPrefix("EHLO") ? .say(text) : FakeMailServer.usual($0) }) { server in
                let error = try await send(to: server)
                #expect(error?.kind == .server)
            }
        }
    }

    @Test("without TLS nothing is sent to a remote server, and never a password")
    func nothingIsSentWithoutTLS() async throws {
        try await FakeMailServer.with(FakeMailServer.usual) { server in
            for (security, credentials) in [(SMTPEndpoint.Security.required, false), (.required, true)] {
                let error = try await send(
                    to: server,
                    { port in
                        SMTPEndpoint(
                            host: "127.0.0.1", port: port, isImplicitTLS: false, security: security,
                            credentials: credentials ? .init(user: "ada", password: "secret") : nil)
                    })
                #expect(error?.kind == .security)
            }
            #expect(!server.lines.contains { $0.hasPrefix("AUTH") || $0.hasPrefix("MAIL") })
        }
    }

    @Test("plaintext between STARTTLS and TLS ends the connection")
    func plaintextBeforeTLSIsRefused() async throws {
        let reply: @Sendable (String) -> FakeMailServer.Reply = { line in
            switch line.prefix(4) {
            case "EHLO": .say("250-mail.test\r\n250 STARTTLS")
            case "STAR": .say("220 ready\r\n250-mail.test\r\n250 AUTH PLAIN")
            default: FakeMailServer.usual(line)
            }
        }
        try await FakeMailServer.with(reply) { server in
            let error = try await send(to: server)
            #expect(error?.kind == .security)
        }
    }

    @Test("lines that begin with a dot get another one, and the message ends with a dot")
    func leadingDotsAreStuffed() async throws {
        try await FakeMailServer.with(FakeMailServer.usual) { server in
            let message = try SMTPServerTests.message(text: ".\n.hidden\nplain", html: nil)
            #expect(try await send(to: server, { try SMTPEndpoint(url: "smtp://127.0.0.1:\($0)") }, SMTPTimeouts(), message) == nil)
            let lines = server.lines
            let start = try #require(lines.firstIndex(of: ""))
            let body = Array(lines[(start + 1)...].prefix(4))
            #expect(body == ["..", "..hidden", "plain", "."])
        }
    }

    @Test("a cancelled send ends")
    func cancelledSendEnds() async throws {
        try await FakeMailServer.with({ _ in .noReply }) { server in
            let client = try SMTPClient(try SMTPEndpoint(url: "smtp://127.0.0.1:\(server.port)"))
            let message = try SMTPServerTests.message()
            let task = Task { try await client.send(message) }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value(within: .testDeadline, "the end") }
        }
    }
}
