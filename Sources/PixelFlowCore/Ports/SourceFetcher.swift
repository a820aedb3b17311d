package import NIOCore

/// Fetches a source from a third-party server.
package protocol SourceFetcher: Sendable {
    /// Fetches `url`, enforcing all restrictions: scheme, address, redirects, size and time.
    ///
    /// - Throws: `PixelFlowError`: `.permanent` if a retry cannot succeed (`url_invalid`,
    ///   `port_not_allowed`, `address_blocked`, `source_not_found`, `source_refused`, `too_many_redirects`,
    ///   `source_too_large`, `source_encoding_unsupported`, `source_encoding_invalid`), `.transient` if it may
    ///   (`source_timeout`, `source_unreachable`, `source_unavailable`, `name_not_resolved`).
    func fetch(_ url: String, limit: Int) async throws -> FetchedSource
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
