import ArgumentParser
import Terminal
import WireFormats

/// Prints a secret that is shown only once.
enum SecretOutput {
    /// - Throws: `ValidationError` for a format that would lose the secret.
    static func check(_ format: OutputFormat) throws {
        guard format != .name else { throw ValidationError("-o name would not show the secret, which is shown only once.") }
    }

    /// The secret has a line of its own, so that it can be copied.
    static func document(_ sentence: String, secret: String, _ advice: String, data: JSONValue) -> Document {
        Document([.lines([Text(sentence)]), .verbatim(secret), .lines([Text(advice)])], data: data)
    }

    static func resetAdvice(_ email: String) -> String {
        "Give this token to \(email): POST /auth/password/reset sets a password with it, once and within an hour."
    }
}
