package import PixelFlowCore

/// The responses to one kind of request of one tenant. They are invalidated together.
package struct CacheScope: Sendable, Hashable {
    /// Identifies the kind: letters, digits and `-`.
    package let namespace: String
    package let tenant: TenantID

    package init(_ namespace: String, of tenant: TenantID) {
        self.namespace = namespace
        self.tenant = tenant
    }
}

/// A response in a scope.
package struct CacheKey: Sendable, Hashable {
    package let scope: CacheScope
    package let id: String

    package init(_ scope: CacheScope, id: String) {
        self.scope = scope
        self.id = id
    }
}

/// A state of a scope; every invalidation starts a new one. Never reused, not even by a store that was wiped.
package struct CacheVersion: Sendable, Hashable {
    /// Letters, digits and `-`.
    package let value: String
    /// Whether all processes that make changes invalidate this version.
    package let isShared: Bool

    package init(_ value: String, isShared: Bool) {
        self.value = value
        self.isShared = isShared
    }
}

/// The result of a read from a store.
package struct CacheReading: Sendable, Hashable {
    package struct Value: Sendable, Hashable {
        package let bytes: [UInt8]
        /// The time until expiry.
        package let left: Duration

        package init(bytes: [UInt8], left: Duration) {
            self.bytes = bytes
            self.left = left
        }
    }

    /// The current version of the scope. Anything read from the source after this may be cached in it.
    package let version: CacheVersion
    /// Nil if this version has no value for the key.
    package let value: Value?

    package init(version: CacheVersion, value: Value?) {
        self.version = version
        self.value = value
    }
}

/// Stores responses for a limited time. May evict any of them at any time.
package protocol CacheStore: Sendable {
    /// - Throws: an error if the store is unavailable.
    func read(_ key: CacheKey) async throws -> CacheReading
    /// Stores bytes in a version. If the scope now has another version, they are never returned.
    ///
    /// - Parameter lifetime: at least a millisecond.
    /// - Throws: like `read`.
    func write(_ bytes: [UInt8], for key: CacheKey, in version: CacheVersion, lifetime: Duration) async throws
    /// Invalidates everything in a scope that is stored now, or that was read before now and is stored later.
    ///
    /// - Throws: like `read`; in that case, the scope may or may not be invalid.
    func invalidate(_ scope: CacheScope) async throws
}
