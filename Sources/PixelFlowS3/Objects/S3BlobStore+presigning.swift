package import PixelFlowCore

extension S3BlobStore {
    /// A URL by which anyone can fetch an object until it expires, without passing through PixelFlow.
    ///
    /// Touches no network; whether there is such an object is not looked at.
    ///
    /// - Parameters:
    ///   - lifetime: from one second to seven days, which is S3's limit; what is outside is cut. URLs signed with
    ///     temporary credentials end with these.
    ///   - contentType: the `Content-Type` of the answer.
    ///   - contentDisposition: the `Content-Disposition` of the answer, as in `attachment; filename="a.png"`.
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
