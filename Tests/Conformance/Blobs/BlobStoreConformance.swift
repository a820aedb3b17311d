package import PixelFlowCore

/// The rules of `BlobStore`, checked through the port alone.
package struct BlobStoreConformance: Sendable {
    let store: any BlobStore
    let reopen: @Sendable () async throws -> any BlobStore

    /// - Parameter reopen: closes what `store` uses and opens the same objects anew.
    package init(store: any BlobStore, reopen: @escaping @Sendable () async throws -> any BlobStore) {
        self.store = store
        self.reopen = reopen
    }

    typealias Case = ConformanceCase<BlobStoreConformance>

    /// Every rule.
    package static let cases: [ConformanceCase<BlobStoreConformance>] = writing + reading + removing + keys
}
