/// A reply of Redis (RESP2).
package indirect enum RedisValue: Sendable, Hashable {
    case null
    case integer(Int64)
    /// For example `OK`.
    case status(String)
    /// Bytes, not necessarily text.
    case string([UInt8])
    case array([RedisValue])
    /// An error within an array. If the complete reply is an error, it is thrown instead.
    case error(String)

    package var integer: Int64? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    package var bytes: [UInt8]? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    package var array: [RedisValue]? {
        guard case .array(let values) = self else { return nil }
        return values
    }
}
