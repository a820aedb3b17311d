import AsyncHTTPClient
import Crypto
import NIOCore
import NIOHTTP1
import PixelFlowCore
import WireFormats

/// A call, before it is addressed and signed.
struct S3Request: Sendable {
    var operation: S3Operation
    /// In the bucket; nil for the bucket itself.
    var key: String?
    var query: [(name: String, value: String)] = []
    /// Signed as well.
    var headers: [(name: String, value: String)] = []
    var body = ByteBuffer()

    init(
        _ operation: S3Operation, key: String? = nil, query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [], body: ByteBuffer = ByteBuffer()
    ) {
        self.operation = operation
        self.key = key
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// The digest of the body, which the server compares: bytes that changed on the way are refused.
    var payloadHash: String {
        guard body.readableBytes > 0 else { return Self.emptyHash }
        return body.withUnsafeReadableBytes { bytes in
            var digest = SHA256()
            digest.update(bufferPointer: bytes)
            return digest.finalize().hexadecimal
        }
    }

    /// SHA-256 of nothing.
    private static let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
}

/// The name of a bucket on a server, in either style.
struct S3Address: Sendable {
    let endpoint: S3Endpoint
    /// Between the host and the key: `/bucket` or nothing.
    let root: String

    init(endpoint: S3Endpoint, bucket: String, usesPathStyle: Bool) {
        self.endpoint = usesPathStyle ? endpoint : endpoint.host(of: bucket)
        root = usesPathStyle ? "/\(bucket)" : ""
    }

    /// The encoded path of an object, or of the bucket.
    func path(_ key: String?) -> String {
        guard let key else { return root.isEmpty ? "/" : root }
        return "\(root)/\(key.percentEncoded(keeping: .objectPath))"
    }

    func url(_ request: SignableRequest) -> String {
        let query = request.canonicalQuery
        return "\(endpoint.scheme)://\(endpoint.authority)\(request.path)\(query.isEmpty ? "" : "?\(query)")"
    }

    /// - Returns: what can be sent as it is, until the signature is a quarter of an hour old.
    func signed(_ request: S3Request, by signer: AWSSigner, at time: SigningTime) -> HTTPClientRequest {
        let payloadHash = request.payloadHash
        var signable = SignableRequest(
            method: request.operation.method.rawValue, path: path(request.key), query: request.query,
            headers: [("host", endpoint.authority), ("x-amz-content-sha256", payloadHash), ("x-amz-date", time.dateTime)])
        signable.headers += request.headers
        if let token = signer.credentials.sessionToken { signable.headers.append(("x-amz-security-token", token)) }
        var sent = HTTPClientRequest(url: url(signable))
        sent.method = request.operation.method
        for header in signable.headers { sent.headers.add(name: header.name, value: header.value) }
        sent.headers.add(name: "authorization", value: signer.authorization(for: signable, payloadHash: payloadHash, at: time))
        if request.operation.method != .GET && request.operation.method != .HEAD { sent.body = .bytes(request.body) }
        return sent
    }
}
