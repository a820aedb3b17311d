import Crypto
package import Foundation
package import PixelFlowCore

/// Signs messages according to Standard Webhooks 1.0 (https://www.standardwebhooks.com): HMAC-SHA256 of `id.timestamp.body`.
package enum WebhookSignature {
    package static let idHeader = "webhook-id"
    package static let timestampHeader = "webhook-timestamp"
    package static let signatureHeader = "webhook-signature"

    /// The headers of a message.
    ///
    /// - Parameters:
    ///   - timestamp: when this attempt was made, in seconds since 1970.
    ///   - secrets: each produces a signature; a receiver accepts any of them.
    package static func headers(
        id: WebhookDeliveryID, timestamp: Int64, body: some DataProtocol, secrets: [WebhookSecret]
    ) -> [(String, String)] {
        let signatures = secrets.compactMap(\.key).map { signature(id: id, timestamp: timestamp, body: body, key: $0) }
        return [
            (idHeader, id.rawValue), (timestampHeader, "\(timestamp)"), (signatureHeader, signatures.joined(separator: " ")),
        ]
    }

    private static func signature(id: WebhookDeliveryID, timestamp: Int64, body: some DataProtocol, key: [UInt8]) -> String {
        var code = HMAC<SHA256>(key: SymmetricKey(data: key))
        code.update(data: Data("\(id).\(timestamp).".utf8))
        code.update(data: body)
        return "v1," + Data(code.finalize()).base64EncodedString()
    }
}
