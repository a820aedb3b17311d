import WireFormats

/// How many requests of a kind a caller may make: `quota` in each `window`, also all at once.
package struct RateLimit: Sendable, Hashable {
    /// Identifies the limit in header fields, problems and keys: letters, digits and `-`.
    package let name: String
    /// Requests per window, from 1 to `maximumSharedQuota`.
    package let quota: Int
    /// Whole seconds, from 1 to a day.
    package let window: Duration

    /// Microseconds in which one request is earned back. An integer, so that sums of any number of requests are exact.
    package let interval: Int64

    /// The maximum quota of one caller.
    package static let maximumQuota = 1_000_000
    /// The maximum quota that callers share; keeps all arithmetic exact in the doubles of Lua.
    package static let maximumSharedQuota = 1000 * maximumQuota

    package init(name: String, quota: Int, window: Duration) {
        self.name = name
        self.quota = min(max(1, quota), Self.maximumSharedQuota)
        self.window = min(max(.seconds(1), window), .seconds(86_400))
        interval = (self.window.microseconds + Int64(self.quota) - 1) / Int64(self.quota)
    }

    /// Microseconds in which the full quota is earned back.
    package var capacity: Int64 { interval * Int64(quota) }
}

/// A counter: the requests of one caller under one limit.
package struct RateBucket: Sendable, Hashable {
    package let limit: RateLimit
    /// Identifies the caller, such as `u:USER`.
    package let key: String

    package init(_ limit: RateLimit, key: String) {
        self.limit = limit
        self.key = key
    }

    /// Hashes only the key: this happens for each request, and few buckets share a key.
    package func hash(into hasher: inout Hasher) { hasher.combine(key) }
}
