package import SMTP

/// Takes messages over to where they go.
package protocol MailTransport: Sendable {
    /// Returns once the server has taken the message over.
    ///
    /// - Throws: `SMTPError`, which says whether another attempt can help; `CancellationError`.
    func send(_ message: MailMessage) async throws
}

extension SMTPClient: MailTransport {}
