import SwiftASN1
import X509

/// Certificates one after the other, as PEM.
enum CertificateChain {
    /// Other PEM blocks are skipped.
    static func parse(_ text: String) throws -> [Certificate] {
        try PEMDocument.parseMultiple(pemString: text).filter { $0.discriminator == Certificate.defaultPEMDiscriminator }
            .map { try Certificate(pemDocument: $0) }
    }

    static func text(_ certificates: [Certificate]) throws -> String {
        try certificates.map { try $0.serializeAsPEM().pemString + "\n" }.joined()
    }
}
