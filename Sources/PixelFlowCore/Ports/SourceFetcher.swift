package import NIOCore

/// Fetches a source from a third-party server.
package protocol SourceFetcher: Sendable {
    /// Fetches `url`, enforcing all restrictions: scheme, address, redirects, size and time.
    ///
    /// - Parameter tenant: the organisation on whose behalf the source is fetched; organisations share the resources of a fetch.
    /// - Throws: `PixelFlowError`: `.permanent` if a retry cannot succeed (`url_invalid`,
    ///   `port_not_allowed`, `address_blocked`, `source_not_found`, `source_refused`, `too_many_redirects`,
    ///   `source_too_large`, `source_encoding_unsupported`, `source_encoding_invalid`), `.transient` if it may
    ///   (`source_timeout`, `source_unreachable`, `source_unavailable`, `name_not_resolved`), `.outage` if no name lookup
    ///   could start because other organisations hold all of them.
    func fetch(_ url: String, limit: Int, for tenant: TenantID) async throws -> FetchedSource
}

/// The bytes of a fetched source.
package struct FetchedSource: Sendable {
    package var bytes: ByteBuffer
    /// As declared by the server; not trusted.
    package var contentType: String?

    package init(bytes: ByteBuffer, contentType: String?) {
        self.bytes = bytes
        self.contentType = contentType
    }
}
