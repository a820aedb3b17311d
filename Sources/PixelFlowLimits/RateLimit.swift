import WireFormats

/// How many requests of a kind one caller may make: `quota` in each `window`, all at once if need be.
package struct RateLimit: Sendable, Hashable {
    /// Names the limit in header fields, problems and keys: letters, digits and `-`.
    package let name: String
    /// Requests in a window; from 1 to `maximumQuota`.
    package let quota: Int
    /// Whole seconds; from 1 to a day.
    package let window: Duration

    /// Microseconds after which one more request is earned. Whole, so that the quota is exact however many requests are added up.
    package let interval: Int64

    /// More than any caller sends; keeps every number of the arithmetic exact in the doubles of Lua.
    package static let maximumQuota = 1_000_000

    package init(name: String, quota: Int, window: Duration) {
        self.name = name
        self.quota = min(max(1, quota), Self.maximumQuota)
        self.window = min(max(.seconds(1), window), .seconds(86_400))
        interval = (self.window.microseconds + Int64(self.quota) - 1) / Int64(self.quota)
    }

    /// Microseconds that the quota is worth: as long as a caller who has spent it all waits for all of it.
    package var capacity: Int64 { interval * Int64(quota) }
}

/// One account of requests: those that one caller has made under one limit.
package struct RateBucket: Sendable, Hashable {
    package let limit: RateLimit
    /// Whose requests are counted, as in `u:USER`.
    package let key: String

    package init(_ limit: RateLimit, key: String) {
        self.limit = limit
        self.key = key
    }

    /// Of the key alone: it is hashed for each request, and few buckets share a key.
    package func hash(into hasher: inout Hasher) { hasher.combine(key) }
}
