import CCrypt
import Crypto
import Foundation
package import PixelFlowCore

/// bcrypt (`$2b$`) by the system's libcrypt.
///
/// bcrypt sees 72 bytes and stops at a NUL. A password that is longer or holds a NUL is hashed with
/// SHA-256 first, so that all of it counts; it is never cut.
package final class BcryptHasher: PasswordHashing {
    package let decoy: String
    private let cost: Int
    private let signIn: HashingPool
    private let registration: HashingPool

    /// - Parameters:
    ///   - cost: 4 to 16, as the power of two of the rounds.
    ///   - threads: verified at a time.
    ///   - queue: waiting to be verified at most, before `auth_busy`.
    ///   - registrationThreads: hashed at a time for new accounts, on threads of their own; as many as `threads` unless given.
    ///   - registrationQueue: waiting to be hashed at most, before `registration_busy`; as many as `queue` unless given.
    package init(
        cost: Int, threads: Int, queue: Int, registrationThreads: Int? = nil, registrationQueue: Int? = nil
    ) throws(PixelFlowError) {
        guard (4...16).contains(cost) else {
            throw .invalid("PIXELFLOW_AUTH_BCRYPT_COST", "The bcrypt cost must be from 4 to 16.", code: "setting_invalid")
        }
        self.cost = cost
        self.signIn = HashingPool(threads: threads, queue: queue, busy: Self.signInBusy)
        self.registration = HashingPool(
            threads: registrationThreads ?? threads, queue: registrationQueue ?? queue, busy: Self.registrationBusy)
        // A salt and 31 characters in the place of the digest.
        self.decoy = try Self.salt(cost: cost) + String(repeating: ".", count: 31)
    }

    package func hash(_ password: String) async throws -> String {
        let cost = cost
        return try await registration.run { try Self.crypt(password, setting: try Self.salt(cost: cost)) }
    }

    package func verify(_ password: String, against hash: String) async throws -> Bool {
        try await signIn.run { ConstantTime.equals(try Self.crypt(password, setting: hash), hash) }
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
        // The working memory holds traces of the password; it is wiped before it is given back.
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

    /// What bcrypt gets to see: at most 72 bytes without a NUL, and all of the password in them.
    private static func phrase(_ password: String) -> String {
        let bytes = Array(password.precomposedStringWithCanonicalMapping.utf8)
        if bytes.count <= 72 && !bytes.contains(0) { return String(decoding: bytes, as: UTF8.self) }
        // The label keeps a plain SHA-256 that leaked elsewhere from serving as a password here.
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
