package import PixelFlowCore

/// The rules of `BlobStore`, checked only through the port.
package struct BlobStoreConformance: Sendable {
    let store: any BlobStore
    let reopen: @Sendable () async throws -> any BlobStore

    /// - Parameter reopen: closes what `store` uses and opens the same objects again.
    package init(store: any BlobStore, reopen: @escaping @Sendable () async throws -> any BlobStore) {
        self.store = store
        self.reopen = reopen
    }

    typealias Case = ConformanceCase<BlobStoreConformance>

    /// All rules.
    package static let cases: [ConformanceCase<BlobStoreConformance>] = writing + reading + removing + keys
}
