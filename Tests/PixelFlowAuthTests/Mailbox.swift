import PixelFlowAuth
import SMTP
import Synchronization

/// A fake mail server that accepts messages unless a test makes it fail.
final class Mailbox: MailTransport {
    private let taken = Mutex<[MailMessage]>([])
    private let failure = Mutex<SMTPError?>(nil)

    var messages: [MailMessage] { taken.withLock { $0 } }

    /// Makes every attempt fail; nil makes them succeed again.
    func fail(with error: SMTPError?) { failure.withLock { $0 = error } }

    func send(_ message: MailMessage) async throws {
        let error = failure.withLock { $0 }
        // If delivery is uncertain, the server has accepted the message.
        if error == nil || error?.kind == .doubt { taken.withLock { $0.append(message) } }
        if let error { throw error }
    }
}

extension MailMessage {
    /// The secret in the link of the message.
    var token: String? {
        text.split(separator: "\n").first { $0.hasPrefix("https://") }.flatMap { $0.split(separator: "#").last }.map(String.init)
    }
}
