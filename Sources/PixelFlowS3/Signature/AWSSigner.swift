import Crypto
import Foundation
package import PixelFlowCore
import Synchronization
import WireFormats

/// AWS Signature Version 4: proves possession of the secret key without sending it.
///
/// Described in AWS's "Signature Version 4 signing process". Independent of S3 except for its payload constants.
package final class AWSSigner: Sendable {
    /// For presigned URLs, whose body is not known in advance.
    package static let unsignedPayload = "UNSIGNED-PAYLOAD"

    package let credentials: AWSCredentials
    private let region: String
    private let service: String
    /// Caches the key of one day, which takes four digests to compute.
    private let dailyKey = Mutex<(date: String, key: SymmetricKey)?>(nil)

    package init(credentials: AWSCredentials, region: String, service: String = "s3") {
        self.credentials = credentials
        self.region = region
        self.service = service
    }

    /// The value of the `Authorization` header.
    package func authorization(for request: SignableRequest, payloadHash: String, at time: SigningTime) -> String {
        let (signature, signedHeaders) = signature(of: request, payloadHash: payloadHash, at: time)
        return "AWS4-HMAC-SHA256 Credential=\(credential(at: time)), SignedHeaders=\(signedHeaders), Signature=\(signature)"
    }

    /// The request with its signature in the query: anyone can send it until it expires.
    ///
    /// - Parameter lifetime: whole seconds, from 1 to 604,800.
    package func presigned(_ request: SignableRequest, lifetime: Int, at time: SigningTime) -> SignableRequest {
        var request = request
        let signedHeaders = request.headers.map { $0.name.lowercased() }.sorted().joined(separator: ";")
        request.query += [
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), ("X-Amz-Credential", credential(at: time)), ("X-Amz-Date", time.dateTime),
            ("X-Amz-Expires", "\(lifetime)"), ("X-Amz-SignedHeaders", signedHeaders),
        ]
        if let token = credentials.sessionToken { request.query.append(("X-Amz-Security-Token", token)) }
        let signature = signature(of: request, payloadHash: Self.unsignedPayload, at: time).signature
        request.query.append(("X-Amz-Signature", signature))
        return request
    }

    private func signature(
        of request: SignableRequest, payloadHash: String, at time: SigningTime
    ) -> (signature: String, signedHeaders: String) {
        let (canonical, signedHeaders) = request.canonical(payloadHash: payloadHash)
        let digest = SHA256.hash(data: Array(canonical.utf8)).hexadecimal
        let text = "AWS4-HMAC-SHA256\n\(time.dateTime)\n\(scope(at: time))\n\(digest)"
        return (HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key(for: time.date)).hexadecimal, signedHeaders)
    }

    private func credential(at time: SigningTime) -> String { "\(credentials.accessKey)/\(scope(at: time))" }

    private func scope(at time: SigningTime) -> String { "\(time.date)/\(region)/\(service)/aws4_request" }

    private func key(for date: String) -> SymmetricKey {
        dailyKey.withLock { cached in
            if let cached, cached.date == date { return cached.key }
            var key = SymmetricKey(data: Array("AWS4\(credentials.secretKey)".utf8))
            for word in [date, region, service, "aws4_request"] {
                key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array(word.utf8), using: key))
            }
            cached = (date, key)
            return key
        }
    }
}

/// The time of a signature in the two formats that it needs.
package struct SigningTime: Sendable, Hashable {
    /// `20130524`.
    package let date: String
    /// `20130524T000000Z`.
    package let dateTime: String

    package init(_ time: Timestamp) {
        let digits = time.iso8601.utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: ":") }
        // `20130524T000000`; signatures do not contain the milliseconds that follow.
        let seconds = String(decoding: digits.prefix(15), as: UTF8.self)
        date = String(seconds.prefix(8))
        dateTime = seconds + "Z"
    }
}

/// The credentials for signatures. Descriptions never contain the secrets.
package struct AWSCredentials: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    package var accessKey: String
    package var secretKey: String
    /// Set for temporary credentials.
    package var sessionToken: String?

    package init(accessKey: String, secretKey: String, sessionToken: String? = nil) {
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken
    }

    package var description: String { "AWSCredentials(\(accessKey.prefix(4))…)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
