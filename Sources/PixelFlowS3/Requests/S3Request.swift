import AsyncHTTPClient
import Crypto
import NIOCore
import NIOHTTP1
import PixelFlowCore
import WireFormats

/// A request before it gets its address and signature.
struct S3Request: Sendable {
    var operation: S3Operation
    /// The name of the object; nil for the bucket itself.
    var key: String?
    var query: [(name: String, value: String)] = []
    /// These headers are signed too.
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

    /// The digest of the body. The server verifies it and rejects corrupted bytes.
    var payloadHash: String {
        guard body.readableBytes > 0 else { return Self.emptyHash }
        return body.withUnsafeReadableBytes { bytes in
            var digest = SHA256()
            digest.update(bufferPointer: bytes)
            return digest.finalize().hexadecimal
        }
    }

    /// The SHA-256 of an empty body.
    private static let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
}

/// The address of a bucket, in path style or virtual-host style.
struct S3Address: Sendable {
    let endpoint: S3Endpoint
    /// The path before the key: `/bucket` or empty.
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

    /// - Returns: a request that can be sent until its signature is 15 minutes old.
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
