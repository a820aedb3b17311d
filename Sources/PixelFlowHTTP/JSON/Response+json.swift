import Foundation
package import HTTPTypes
package import Hummingbird
package import NIOCore
import WireFormats

extension Response {
    /// A response with `value` as JSON. Caches do not store it unless `headers` say otherwise.
    package static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) throws -> Response {
        json(bytes: try ByteBuffer(json: value), status: status, headers: headers)
    }

    /// A response with encoded JSON.
    package static func json(bytes: ByteBuffer, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        if !headers.contains(.contentType) { headers.append(HTTPField(name: .contentType, value: "application/json")) }
        if !headers.contains(.cacheControl) { headers.append(HTTPField(name: .cacheControl, value: "no-store")) }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: bytes))
    }
}

extension ByteBuffer {
    /// JSON as in responses, for a part of one that is written piece by piece.
    package init(json value: some Encodable) throws { self.init(bytes: try JSONCoding.encoder.encode(value)) }
}

/// The shared encoder and decoder: both are immutable, so all requests can use them. Keys are declared in `CodingKeys`, and times are
/// already strings (`Timestamp.iso8601`).
enum JSONCoding {
    static let encoder = JSONStreamEncoder(sortsKeys: true)
    static let decoder = JSONDecoder()
}
