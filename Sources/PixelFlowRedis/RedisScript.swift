import Crypto
import WireFormats

/// A Lua script, which the server runs atomically. Once sent, it is identified by the SHA-1 of its source.
package struct RedisScript: Sendable {
    let source: String
    let digest: String

    package init(_ source: String) {
        self.source = source
        digest = Insecure.SHA1.hash(data: Array(source.utf8)).hexadecimal
    }
}

extension RedisClient {
    /// Runs a script by its digest, or by its source if the server does not have it cached, for example after a restart.
    ///
    /// - Throws: like `send`.
    package func evaluate(_ script: RedisScript, keys: [String], _ arguments: [String]) async throws -> RedisValue {
        let rest = ["\(keys.count)"] + keys + arguments
        do {
            return try await send(RedisCommand("EVALSHA", [script.digest] + rest))
        } catch let error as RedisError where error.kind == .refused(code: "NOSCRIPT") {
            return try await send(RedisCommand("EVAL", [script.source] + rest))
        }
    }
}
