import Testing
import WireFormats

@testable import PixelFlowHTTP

@Suite("Secrets that are shown once")
struct SecretTokenTests {
    @Test("a secret is parsed only as its own kind, and secrets are unique")
    func secretIsParsedAsItsOwnKind() throws {
        let secrets = (0..<100).map { _ in SecretToken(.key) }
        #expect(Set(secrets.map(\.text)).count == 100)
        for secret in secrets {
            #expect(SecretToken(.key, parsing: secret.text)?.hash == secret.hash)
            #expect(SecretToken(.invitation, parsing: secret.text) == nil)
        }
    }

    @Test("every change of one character is detected")
    func typingErrorsAreDetected() throws {
        let text = SecretToken(.invitation).text
        let prefix = SecretToken.Kind.invitation.rawValue.count
        for index in text.indices.dropFirst(prefix) {
            for replacement in ["0", "Z", "a", "-", "é"] where String(text[index]) != replacement {
                var changed = text
                changed.replaceSubrange(index...index, with: replacement)
                #expect(SecretToken(.invitation, parsing: changed) == nil)
            }
        }
        for changed in ["", SecretToken.Kind.invitation.rawValue, text + "0", String(text.dropLast())] {
            #expect(SecretToken(.invitation, parsing: changed) == nil)
        }
    }

    @Test("the checksum is that of ZIP and PNG")
    func checksumIsCRC32() {
        // The check value of CRC-32/ISO-HDLC.
        #expect(CRC32.checksum("123456789".utf8) == 0xCBF4_3926)
    }
}
