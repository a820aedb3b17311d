import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// An unsuccessful response.
struct S3ServiceError: Error, Sendable, CustomStringConvertible {
    let status: Int
    /// S3's error code, such as `NoSuchKey`; empty if the response has none.
    let code: String
    /// S3's message. The rest of the response is dropped, because it may repeat signed data.
    let message: String
    /// The headers, such as `Content-Range`.
    let headers: HTTPHeaders

    /// Far above the size of an error document, which is a few hundred bytes.
    private static let maximumBytes = 64 * 1024

    init(reading response: HTTPClientResponse) async {
        status = Int(response.status.code)
        headers = response.headers
        let body = try? await response.body.collect(upTo: Self.maximumBytes)
        let document = body.flatMap { try? XMLReader.read($0.readableBytesView) }
        code = document?["Code"] ?? ""
        message = document?["Message"] ?? ""
    }

    /// An error in a response whose status was a success.
    init(document: XMLElement) {
        status = 200
        headers = [:]
        code = document["Code"] ?? ""
        message = document["Message"] ?? ""
    }

    var description: String { "\(status) \(code.isEmpty ? "without a code" : code): \(message)" }

    /// Whether the object does not exist. A response to HEAD has no code.
    var isAbsence: Bool { code == "NoSuchKey" || (status == 404 && code.isEmpty) }

    /// Whether the server is temporarily unable to serve the request.
    var isTransient: Bool {
        if isLackOfRoom { return false }
        return switch code {
        case "SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "OperationAborted", "RequestLimitExceeded": true
        case "NotImplemented": false
        default: status >= 500 && status != 501 || status == 429 || status == 408
        }
    }

    /// Whether the store, or its quota, is full: 507, or the codes of MinIO and Ceph.
    var isLackOfRoom: Bool { status == 507 || ["XMinioStorageFull", "InsufficientStorage", "QuotaExceeded"].contains(code) }

    /// Whether an operator must change settings or permissions.
    var isMisconfiguration: Bool {
        switch code {
        case "NoSuchBucket", "InvalidBucketName", "AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect",
            "RequestTimeTooSkewed", "ExpiredToken", "InvalidToken", "AuthorizationQueryParametersError":
            true
        default: status == 401 || status == 403 || (300..<400).contains(status)
        }
    }
}
