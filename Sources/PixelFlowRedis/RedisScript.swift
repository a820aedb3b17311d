import Crypto
import WireFormats

/// A Lua script that the server runs in one step. Redis knows it by the SHA-1 of its source, once it has been sent.
package struct RedisScript: Sendable {
    let source: String
    let digest: String

    package init(_ source: String) {
        self.source = source
        digest = Insecure.SHA1.hash(data: Array(source.utf8)).hexadecimal
    }
}

extension RedisClient {
    /// Runs a script by its digest, and by its source if the server does not know it: it is new, was restarted, or was told to forget.
    ///
    /// - Throws: as `send`.
    package func evaluate(_ script: RedisScript, keys: [String], _ arguments: [String]) async throws -> RedisValue {
        let rest = ["\(keys.count)"] + keys + arguments
        do {
            return try await send(RedisCommand("EVALSHA", [script.digest] + rest))
        } catch let error as RedisError where error.kind == .refused(code: "NOSCRIPT") {
            return try await send(RedisCommand("EVAL", [script.source] + rest))
        }
    }
}
