package import PixelFlowCache
import Synchronization
import WireFormats

/// A signal through a Redis stream, which listeners read with a blocking command on a connection of their own.
package final class RedisInvalidationSignal: InvalidationSignal {
    /// The maximum duration of a blocking command; short, because it cannot be cancelled when the process stops.
    private static let block = Duration.milliseconds(500)
    /// The length of the stream. A reader may miss older entries without harm, because it reacts once to any number of them.
    private static let length = 100

    private let sender: RedisClient
    private let listener: RedisClient
    private let key: String
    /// The id of the last seen entry; nil if entries may have been missed.
    private let position = Mutex<String?>(nil)

    /// - Parameters:
    ///   - listener: a separate client, because other commands would wait behind its blocking ones; see `listenerSettings`.
    ///   - name: identifies what becomes invalid.
    package init(sender: RedisClient, listener: RedisClient, name: String, prefix: String = "pixelflow:signal:") {
        self.sender = sender
        self.listener = listener
        key = prefix + name
    }

    /// The settings of a listening client.
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

    /// The id of the last entry of the stream; an id before all entries if it is empty.
    private func newest() async throws -> String {
        let reply = try await listener.send(RedisCommand("XREVRANGE", [key, "+", "-", "COUNT", "1"]))
        return Self.lastID(of: reply.array) ?? "0-0"
    }

    /// The id of the last entry after `seen`; nil if none arrives within `block`.
    private func next(after seen: String) async throws -> String? {
        let reply = try await listener.send(RedisCommand("XREAD", ["BLOCK", "\(Self.block.milliseconds)", "STREAMS", key, seen]))
        // The reply contains one stream: its name and its entries.
        return Self.lastID(of: reply.array?.first?.array?.last?.array)
    }

    private static func lastID(of entries: [RedisValue]?) -> String? {
        entries?.last?.array?.first?.bytes.map { String(decoding: $0, as: UTF8.self) }
    }
}
