package import PixelFlowCache
import Synchronization
import WireFormats

/// A signal by way of a stream in Redis, which those who wait read with a blocking command on a connection of their own.
package final class RedisInvalidationSignal: InvalidationSignal {
    /// A command waits so long at a time; no longer, since it is not cancelled when the process is asked to stop.
    private static let block = Duration.milliseconds(500)
    /// What a reader must have read at the latest when so many more were sent; it looks only once for many.
    private static let length = 100

    private let sender: RedisClient
    private let listener: RedisClient
    private let key: String
    /// The last entry that was seen; nil if entries may have been missed.
    private let position = Mutex<String?>(nil)

    /// - Parameters:
    ///   - listener: a client of its own, whose commands wait for others behind a blocking one; see `listenerSettings`.
    ///   - name: of what becomes invalid.
    package init(sender: RedisClient, listener: RedisClient, name: String, prefix: String = "pixelflow:signal:") {
        self.sender = sender
        self.listener = listener
        key = prefix + name
    }

    /// Settings of a client that listens.
    package static func listenerSettings(_ settings: RedisSettings) -> RedisSettings {
        var settings = settings
        settings.timeout += block
        return settings
    }

    package func send() async throws {
        _ = try await sender.send(RedisCommand("XADD", [key, "MAXLEN", "~", "\(Self.length)", "*", "n", "1"]))
    }

    package func receive() async throws {
        do {
            guard let seen = position.withLock({ $0 }) else {
                let newest = try await newest()
                return position.withLock { $0 = newest }
            }
            while true {
                try Task.checkCancellation()
                if let last = try await next(after: seen) { return position.withLock { $0 = last } }
            }
        } catch {
            position.withLock { $0 = nil }
            throw error
        }
    }

    /// The last entry of the stream; before everything if it is empty.
    private func newest() async throws -> String {
        let reply = try await listener.send(RedisCommand("XREVRANGE", [key, "+", "-", "COUNT", "1"]))
        return Self.lastID(of: reply.array) ?? "0-0"
    }

    /// The last of the entries after one; nil if none comes for a while.
    private func next(after seen: String) async throws -> String? {
        let reply = try await listener.send(RedisCommand("XREAD", ["BLOCK", "\(Self.block.milliseconds)", "STREAMS", key, seen]))
        // One stream: its name, and its entries.
        return Self.lastID(of: reply.array?.first?.array?.last?.array)
    }

    private static func lastID(of entries: [RedisValue]?) -> String? {
        entries?.last?.array?.first?.bytes.map { String(decoding: $0, as: UTF8.self) }
    }
}
