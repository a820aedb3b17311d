package import NIOCore

/// Fetches a source from a third-party server.
package protocol SourceFetcher: Sendable {
    /// Fetches `url` with every guard in place: scheme, address, redirects, size and time.
    ///
    /// - Parameter tenant: on whose behalf; organisations share what a fetch needs.
    /// - Throws: `PixelFlowError`: `.permanent` for what can never work (`url_invalid`,
    ///   `port_not_allowed`, `address_blocked`, `source_not_found`, `source_refused`, `too_many_redirects`,
    ///   `source_too_large`, `source_encoding_unsupported`, `source_encoding_invalid`), `.transient` for what may (`source_timeout`, `source_unreachable`,
    ///   `source_unavailable`, `name_not_resolved`), `.outage` where others hold what the look-up of a name needs.
    func fetch(_ url: String, limit: Int, for tenant: TenantID) async throws -> FetchedSource
}

/// The bytes of a fetched source.
package struct FetchedSource: Sendable {
    package var bytes: ByteBuffer
    /// As declared by the server; never trusted.
    package var contentType: String?

    package init(bytes: ByteBuffer, contentType: String?) {
        self.bytes = bytes
        self.contentType = contentType
    }
}
