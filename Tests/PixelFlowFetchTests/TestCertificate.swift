import Foundation
import NIOSSL
import TestSupport

/// A self-signed certificate for `pictures.example` and 127.0.0.1, used only in these tests.
enum TestCertificate {
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBrDCCAVKgAwIBAgIUNAF2CzJQD1ift963mKSNnvu42sEwCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOUGl4ZWxGbG93IHRlc3QwIBcNMjYxMTIzMTMzODA4WhgPMjEy
        NjEwMzAxMzM4MDhaMBkxFzAVBgNVBAMMDlBpeGVsRmxvdyB0ZXN0MFkwEwYHKoZI
        zj0CAQYIKoZIzj0DAQcDQgAEIpZbQLGnAGGcdch4B7pWUtZTADnjHY82hP4fdlbh
        lkznR0Smk2Nzz/Zbd47ydcbhZEH8XkWf4xAAhWBA7Adll6N2MHQwHQYDVR0OBBYE
        FAJgqbQYfN5/Qge2lSd6M6Kh3uiBMB8GA1UdIwQYMBaAFAJgqbQYfN5/Qge2lSd6
        M6Kh3uiBMA8GA1UdEwEB/wQFMAMBAf8wIQYDVR0RBBowGIIQcGljdHVyZXMuZXhh
        bXBsZYcEfwAAATAKBggqhkjOPQQDAgNIADBFAiEA8aOEhwHoFDEWnRRIRKZVQb6u
        JA4Iz8B5PmOYL7vdrk0CIAxyRvkKW84D8E+HESjn6wEYL2fjLK5r89TGmBnZAW2G
        -----END CERTIFICATE-----
        """

    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgdNFYE6hx7C3M2xbo
        pS8rIJdZugXrj9fjY4Gr3fWlgCGhRANCAAQilltAsacAYZx1yHgHulZS1lMAOeMd
        jzaE/h92VuGWTOdHRKaTY3PP9lt3jvJ1xuFkQfxeRZ/jEACFYEDsB2WX
        -----END PRIVATE KEY-----
        """

    static func serverContext() throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)).map { NIOSSLCertificateSource.certificate($0) }
        let key = try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)
        return try NIOSSLContext(configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key)))
    }

    /// Passes the path of a file with the certificate, and deletes the file afterwards.
    static func withFile<Value>(_ body: (String) async throws -> Value) async throws -> Value {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        return try await body(try folder.write("certificate.pem", certificate))
    }
}
