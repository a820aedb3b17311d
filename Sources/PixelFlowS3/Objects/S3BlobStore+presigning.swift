package import PixelFlowCore

extension S3BlobStore {
    /// A URL with which anyone can fetch an object until it expires, bypassing PixelFlow.
    ///
    /// This does not use the network and does not check whether the object exists.
    ///
    /// - Parameters:
    ///   - lifetime: from one second to seven days, the maximum of S3; other values are clamped. URLs signed with
    ///     temporary credentials expire with the credentials.
    ///   - contentType: the `Content-Type` of the response.
    ///   - contentDisposition: the `Content-Disposition` of the response, such as `attachment; filename="a.png"`.
    /// - Throws: `bad_blob_key`.
    package func presignedURL(
        _ key: BlobKey, expiresIn lifetime: Duration, contentType: String? = nil, contentDisposition: String? = nil
    ) throws -> String {
        var request = SignableRequest(
            method: "GET", path: publicAddress.path(try names.object(key)), headers: [("host", publicAddress.endpoint.authority)])
        if let contentType { request.query.append(("response-content-type", contentType)) }
        if let contentDisposition { request.query.append(("response-content-disposition", contentDisposition)) }
        let seconds = min(max(Int(lifetime.components.seconds), 1), Self.longestLifetime)
        return publicAddress.url(transport.signer.presigned(request, lifetime: seconds, at: SigningTime(clock.now())))
    }

    private static let longestLifetime = 7 * 86_400
}
