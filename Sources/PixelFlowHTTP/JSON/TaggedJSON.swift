import Crypto
import Foundation
package import HTTPTypes
package import Hummingbird
import NIOCore
package import WireFormats

/// A JSON document that only changes between releases: encoded once, with the entity tag of its content.
package struct TaggedJSON: Sendable {
    private let bytes: ByteBuffer
    private let tag: EntityTag

    package init(_ document: JSONValue) {
        let text = Array(document.text().utf8)
        bytes = ByteBuffer(bytes: text)
        tag = EntityTag(Data(SHA256.hash(data: text).prefix(12)).base64EncodedString())
    }

    /// The document, or 304 if the client already has it.
    ///
    /// - Throws: `precondition_failed` (412).
    package func response(to request: Request, cacheControl: String) throws -> Response {
        let headers: HTTPFields = [.eTag: tag.description, .cacheControl: cacheControl]
        if let known = try Preconditions(request).response(for: tag, headers: headers) { return known }
        return .json(bytes: bytes, headers: headers)
    }
}
