import PixelFlowAuth
import SMTP
import Synchronization

/// Takes mail as a server would, unless a test tells it what goes wrong.
final class Mailbox: MailTransport {
    private let taken = Mutex<[MailMessage]>([])
    private let failure = Mutex<SMTPError?>(nil)

    var messages: [MailMessage] { taken.withLock { $0 } }

    /// What every attempt fails with; nil for none.
    func fail(with error: SMTPError?) { failure.withLock { $0 = error } }

    func send(_ message: MailMessage) async throws {
        let error = failure.withLock { $0 }
        // In doubt, the server has it.
        if error == nil || error?.kind == .doubt { taken.withLock { $0.append(message) } }
        if let error { throw error }
    }
}

extension MailMessage {
    /// The secret in its link.
    var token: String? {
        text.split(separator: "\n").first { $0.hasPrefix("https://") }.flatMap { $0.split(separator: "#").last }.map(String.init)
    }
}
