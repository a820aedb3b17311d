import CCrypt
import Crypto
import Foundation
package import PixelFlowCore

/// bcrypt (`$2b$`) by the system's libcrypt.
///
/// bcrypt uses at most 72 bytes and stops at a NUL. A password that is longer or contains a NUL is hashed with SHA-256 first, so that all
/// of it counts; it is never truncated.
package final class BcryptHasher: PasswordHashing {
    package let decoy: String
    private let cost: Int
    private let signIn: HashingPool
    private let registration: HashingPool

    /// - Parameters:
    ///   - cost: the base-2 logarithm of the number of rounds, 4 to 16.
    ///   - threads: how many passwords are verified concurrently.
    ///   - queue: how many verifications may wait, a quarter of them for one client; further ones fail with `auth_busy`.
    ///   - registrationThreads: how many passwords of new accounts are hashed concurrently, on threads of their own; by default `threads`.
    ///   - registrationQueue: how many of those may wait; further ones fail with `registration_busy`; by default `queue`.
    package init(
        cost: Int, threads: Int, queue: Int, registrationThreads: Int? = nil, registrationQueue: Int? = nil
    ) throws(PixelFlowError) {
        guard (4...16).contains(cost) else {
            throw .invalid("PIXELFLOW_AUTH_BCRYPT_COST", "The bcrypt cost must be from 4 to 16.", code: "setting_invalid")
        }
        self.cost = cost
        self.signIn = HashingPool(threads: threads, queue: queue, queueOfOneClient: max(1, queue / 4), busy: Self.signInBusy)
        let registrationQueue = registrationQueue ?? queue
        self.registration = HashingPool(
            threads: registrationThreads ?? threads, queue: registrationQueue, queueOfOneClient: registrationQueue,
            busy: Self.registrationBusy)
        // A salt, and 31 characters instead of the digest.
        self.decoy = try Self.salt(cost: cost) + String(repeating: ".", count: 31)
    }

    package func hash(_ password: String) async throws -> String {
        let cost = cost
        return try await registration.run { try Self.crypt(password, setting: try Self.salt(cost: cost)) }
    }

    package func verify(_ password: String, against hash: String, for client: String?) async throws -> Bool {
        try await signIn.run(for: client) { ConstantTime.equals(try Self.crypt(password, setting: hash), hash) }
    }

    package func needsRenewal(_ hash: String) -> Bool {
        // `$2b$COST$…`
        hash.split(separator: "$").dropFirst().first.flatMap { Int($0) }.map { $0 < cost } ?? false
    }

    private static func salt(cost: Int) throws(PixelFlowError) -> String {
        var generator = SystemRandomNumberGenerator()
        let random = (0..<16).map { _ in CChar(truncatingIfNeeded: generator.next() as UInt64) }
        var output = [CChar](repeating: 0, count: Int(CRYPT_GENSALT_OUTPUT_SIZE))
        guard crypt_gensalt_rn("$2b$", UInt(cost), random, Int32(random.count), &output, Int32(output.count)) != nil else {
            throw unusable
        }
        return text(output)
    }

    private static func crypt(_ password: String, setting: String) throws -> String {
        // The working memory contains traces of the password, so it is wiped before it is freed.
        let size = MemoryLayout<crypt_data>.size
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        defer {
            explicit_bzero(memory, size)
            memory.deallocate()
        }
        guard let result = crypt_rn(phrase(password), setting, memory, Int32(size)) else { throw unusable }
        return String(cString: result)
    }

    /// The input to bcrypt: at most 72 bytes without a NUL that depend on the whole password.
    private static func phrase(_ password: String) -> String {
        let bytes = Array(password.precomposedStringWithCanonicalMapping.utf8)
        if bytes.count <= 72 && !bytes.contains(0) { return String(decoding: bytes, as: UTF8.self) }
        // The prefix separates domains: a plain SHA-256 of the password that leaked elsewhere does not work here.
        let digest = SHA256.hash(data: Array("pixelflow long password:".utf8) + bytes)
        return Data(digest).base64EncodedString()
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static let signInBusy = PixelFlowError(
        .unavailable, code: "auth_busy", "Too many logins are in progress; try again shortly.", retry: .outage, retryAfter: 2)

    private static let registrationBusy = PixelFlowError(
        .unavailable, code: "registration_busy", "Too many registrations are in progress; try again shortly.", retry: .outage,
        retryAfter: 5)

    private static let unusable = PixelFlowError(
        .internal, code: "hashing_failed",
        "Passwords cannot be hashed at the moment; try again later.")
}
