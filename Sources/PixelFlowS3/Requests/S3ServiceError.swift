import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// An answer that is not a success.
struct S3ServiceError: Error, Sendable, CustomStringConvertible {
    let status: Int
    /// S3's word for it, as in `NoSuchKey`; empty if the answer has none.
    let code: String
    /// The message of S3. The rest of the response is dropped, since it may repeat signed data.
    let message: String
    /// `Content-Range` and such.
    let headers: HTTPHeaders

    /// An error document is a few hundred bytes.
    private static let maximumBytes = 64 * 1024

    init(reading response: HTTPClientResponse) async {
        status = Int(response.status.code)
        headers = response.headers
        let body = try? await response.body.collect(upTo: Self.maximumBytes)
        let document = body.flatMap { try? XMLReader.read($0.readableBytesView) }
        code = document?["Code"] ?? ""
        message = document?["Message"] ?? ""
    }

    /// An error in an answer that began as a success.
    init(document: XMLElement) {
        status = 200
        headers = [:]
        code = document["Code"] ?? ""
        message = document["Message"] ?? ""
    }

    var description: String { "\(status) \(code.isEmpty ? "without a code" : code): \(message)" }

    /// The object does not exist. A response to HEAD has no code.
    var isAbsence: Bool { code == "NoSuchKey" || (status == 404 && code.isEmpty) }

    /// The server could not do it just now.
    var isTransient: Bool {
        if isLackOfRoom { return false }
        return switch code {
        case "SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "OperationAborted", "RequestLimitExceeded": true
        case "NotImplemented": false
        default: status >= 500 && status != 501 || status == 429 || status == 408
        }
    }

    /// The store, or someone's share of it, is full: 507, and the words of MinIO and Ceph for it.
    var isLackOfRoom: Bool { status == 507 || ["XMinioStorageFull", "InsufficientStorage", "QuotaExceeded"].contains(code) }

    /// Someone must change settings or rights before this works.
    var isMisconfiguration: Bool {
        switch code {
        case "NoSuchBucket", "InvalidBucketName", "AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect",
            "RequestTimeTooSkewed", "ExpiredToken", "InvalidToken", "AuthorizationQueryParametersError":
            true
        default: status == 401 || status == 403 || (300..<400).contains(status)
        }
    }
}
