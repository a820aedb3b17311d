package import PixelFlowCore

/// Answers to one kind of question of one tenant. They become invalid together.
package struct CacheScope: Sendable, Hashable {
    /// What is kept: letters, digits and `-`.
    package let namespace: String
    package let tenant: TenantID

    package init(_ namespace: String, of tenant: TenantID) {
        self.namespace = namespace
        self.tenant = tenant
    }
}

/// One answer in a scope.
package struct CacheKey: Sendable, Hashable {
    package let scope: CacheScope
    package let id: String

    package init(_ scope: CacheScope, id: String) {
        self.scope = scope
        self.id = id
    }
}

/// A state of a scope; every invalidation begins a new one. Never the same again, not even for a store that was wiped.
package struct CacheVersion: Sendable, Hashable {
    /// Letters, digits and `-`.
    package let value: String
    /// Whether every process that changes something invalidates this version of it.
    package let isShared: Bool

    package init(_ value: String, isShared: Bool) {
        self.value = value
        self.isShared = isShared
    }
}

/// What a store has for a key.
package struct CacheReading: Sendable, Hashable {
    package struct Value: Sendable, Hashable {
        package let bytes: [UInt8]
        /// Until it expires.
        package let left: Duration

        package init(bytes: [UInt8], left: Duration) {
            self.bytes = bytes
            self.left = left
        }
    }

    /// That of the scope now. What is read from where the answers come from after this may be kept in it.
    package let version: CacheVersion
    /// Nil if nothing is kept in this version.
    package let value: Value?

    package init(version: CacheVersion, value: Value?) {
        self.version = version
        self.value = value
    }
}

/// Keeps answers for a while. May forget any of them at any time.
package protocol CacheStore: Sendable {
    /// - Throws: an error if the store is away.
    func read(_ key: CacheKey) async throws -> CacheReading
    /// Keeps bytes in a version. If that is no longer the version of the scope, nobody sees them.
    ///
    /// - Parameter lifetime: at least a millisecond.
    /// - Throws: as `read`.
    func write(_ bytes: [UInt8], for key: CacheKey, in version: CacheVersion, lifetime: Duration) async throws
    /// Has nothing of a scope read again that is kept now, or read before now and kept later.
    ///
    /// - Throws: as `read`; the scope may be invalid or not.
    func invalidate(_ scope: CacheScope) async throws
}
