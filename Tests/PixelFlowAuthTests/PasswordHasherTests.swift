import PixelFlowAuth
import PixelFlowCore
import Testing

@Suite("Password hashing")
struct PasswordHasherTests {
    private let hasher: BcryptHasher

    init() throws { hasher = try BcryptHasher(cost: 4, threads: 2, queue: 100) }

    @Test("a hash is bcrypt with the requested cost and a unique salt")
    func hashIsBcryptWithOwnSalt() async throws {
        let first = try await hasher.hash("correct horse")
        let second = try await hasher.hash("correct horse")
        #expect(first.hasPrefix("$2b$04$") && first.utf8.count == 60)
        #expect(first != second)
        #expect(try await BcryptHasher(cost: 5, threads: 1, queue: 1).hash("correct horse").hasPrefix("$2b$05$"))
        #expect(hasher.decoy.hasPrefix("$2b$04$") && hasher.decoy.utf8.count == 60)
    }

    @Test("hashes of other implementations verify")
    func knownHashesVerify() async throws {
        // Test vectors of crypt_blowfish, the source of libcrypt's bcrypt.
        #expect(try await hasher.verify("U*U", against: "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"))
        #expect(try await hasher.verify("U*V", against: "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW") == false)
    }

    @Test("passwords that differ only after 72 bytes are different", arguments: [72, 73, 100, 1000])
    func countsEveryByte(length: Int) async throws {
        let base = String(repeating: "x", count: length)
        let hash = try await hasher.hash(base + "a")
        #expect(try await hasher.verify(base + "a", against: hash))
        #expect(try await hasher.verify(base + "b", against: hash) == false)
        #expect(try await hasher.verify(base, against: hash) == false)
    }

    @Test("a NUL does not truncate a password")
    func countsAfterNUL() async throws {
        let hash = try await hasher.hash("before\u{0}after")
        #expect(try await hasher.verify("before\u{0}after", against: hash))
        #expect(try await hasher.verify("before\u{0}other", against: hash) == false)
        #expect(try await hasher.verify("before", against: hash) == false)
    }

    @Test("an invalid hash matches no password", arguments: ["", "*0", "plain", "$2b$04$", "$1$abc$def"])
    func invalidHashMatchesNothing(hash: String) async {
        let fits = (try? await hasher.verify("correct horse", against: hash)) ?? false
        #expect(!fits)
    }

    @Test("a cost out of range is refused", arguments: [-1, 0, 3, 17, 31])
    func costOutOfRangeIsRefused(cost: Int) {
        #expect(throws: PixelFlowError.self) { try BcryptHasher(cost: cost, threads: 1, queue: 1) }
    }

    @Test("work beyond the queue limit is refused immediately")
    func fullQueueRefusesImmediately() async throws {
        // Cost 10 takes tens of milliseconds: all fifty calls arrive while the first one is hashed.
        let slow = try BcryptHasher(cost: 10, threads: 1, queue: 3)
        let codes = await withTaskGroup(of: String.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    do {
                        _ = try await slow.hash("correct horse")
                        return "ok"
                    } catch { return (error as? PixelFlowError)?.code ?? "\(error)" }
                }
            }
            return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(codes["ok", default: 0] >= 4)
        #expect(codes["registration_busy", default: 0] >= 1)
        #expect(codes.count == 2)
        // Afterwards, the queue has room again.
        _ = try await slow.hash("correct horse")
    }
}
