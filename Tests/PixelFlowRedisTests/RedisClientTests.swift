import CircuitBreaker
import FaultProxy
import Foundation
import NIOCore
import PixelFlowCore
import TestSupport
import Testing

@testable import PixelFlowRedis

@Suite("Redis client", .enabled(if: TestServer.executable != nil, "needs PIXELFLOW_TEST_REDIS_SERVER, see scripts/stack"))
struct RedisClientTests {
    @Test("replies of every kind are parsed")
    func repliesAreParsed() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                #expect(try await client.send("SET", "a", "ü\r\n") == .status("OK"))
                #expect(try await client.send("GET", "a") == .string(Array("ü\r\n".utf8)))
                #expect(try await client.send("GET", "none") == .null)
                #expect(try await client.send("INCRBY", "n", "-7") == .integer(-7))
                #expect(
                    try await client.send("EVAL", "return {1, {'a', false}, {err = 'E x'}}", "0")
                        == .array([.integer(1), .array([.string([97]), .null]), .error("E x")]))
                let bytes = [UInt8](0...255)
                _ = try await client.send(RedisCommand("SET", ["b"], payload: bytes))
                #expect(try await client.send("GET", "b") == .string(bytes))
                let large = [UInt8](repeating: 7, count: 3 << 20)
                _ = try await client.send(RedisCommand("SET", ["c"], payload: large))
                #expect(try await client.send("GET", "c").bytes?.count == large.count)
            }
        }
    }

    @Test("an error from the server is thrown, and the connection stays usable")
    func serverErrorIsThrown() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                _ = try await client.send("SET", "a", "1")
                let error = await #expect(throws: RedisError.self) { try await client.send("LPUSH", "a", "1") }
                #expect(error?.kind == .refused(code: "WRONGTYPE") && error?.isOutage == false)
                #expect(try await client.send("GET", "a") == .string([49]))
                #expect(try await client.send("CLIENT", "ID") == .integer(try #require(try await client.send("CLIENT", "ID").integer)))
            }
        }
    }

    @Test("replies to thousands of concurrent commands reach their callers")
    func pipelinedRepliesReachTheirCallers() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<3000 {
                        group.addTask {
                            let value = try await client.send("ECHO", "\(number)")
                            #expect(value == .string(Array("\(number)".utf8)))
                        }
                    }
                    try await group.waitForAll()
                }
                let info = try await client.send("INFO", "stats").bytes.map { String(decoding: $0, as: UTF8.self) } ?? ""
                // The connection that waited for the server to start, and this one.
                #expect(info.contains("total_connections_received:2\r\n"))
            }
        }
    }

    @Test("the password, user and database of the address are used")
    func credentialsAndDatabaseAreUsed() async throws {
        try await TestServer.with(["--requirepass", "secret", "--user", "ann", "on", ">p@ss", "~*", "+@all"]) { server in
            for (credentials, database) in [(":secret@", 0), ("ann:p%40ss@", 5)] {
                let url = "redis://\(credentials)127.0.0.1:\(server.port)/\(database)"
                try await server.withClient(with: { $0.address = try RedisAddress(url: url, setting: "URL") }) { client in
                    try await client.untilItResponds()
                    _ = try await client.send("SET", "key of \(database)", "1")
                    #expect(try await client.send("KEYS", "*").array?.count == 1)
                }
            }
            try await server.withClient { client in
                let error = await #expect(throws: RedisError.self) { try await client.check() }
                #expect(error?.kind == .refused(code: "NOAUTH") && error?.isOutage == true)
            }
            let wrong = try RedisAddress(url: "redis://:wrong@127.0.0.1:\(server.port)", setting: "URL")
            try await server.withClient(with: { $0.address = wrong }) { client in
                let error = await #expect(throws: RedisError.self) { try await client.check() }
                #expect(error?.kind == .refused(code: "WRONGPASS"))
                #expect(error?.description.contains("wrong@") == false)
            }
        }
    }

    @Test("rediss:// uses TLS and accepts only a trusted certificate")
    func tlsRequiresATrustedCertificate() async throws {
        let folder = try #require(ProcessInfo.processInfo.environment["PIXELFLOW_TEST_TLS_FOLDER"])
        let certificate = "\(folder)/certificate.pem"
        try await withTLSServer(certificate: certificate, key: "\(folder)/key.pem") { process in
            for host in ["127.0.0.1", "localhost"] {
                let trusting = try RedisAddress(url: "rediss://\(host):\(process.port)/0?ca_file=\(certificate)", setting: "URL")
                try await use(trusting) { client in
                    try await client.untilItResponds()
                    #expect(try await client.send("ECHO", "a") == .string([97]))
                }
            }
            let strict = try RedisAddress(url: "rediss://127.0.0.1:\(process.port)", setting: "URL")
            try await use(strict) { client in
                let error = await #expect(throws: RedisError.self) { try await client.check() }
                #expect(error?.isOutage == true)
            }
        }
    }

    /// Anyone who can redirect a name can have a certificate for the address to which they redirect it.
    @Test("a certificate for the address of the server is not valid for its name")
    func certificateForTheAddressIsRefused() async throws {
        let folder = try TemporaryFolder()
        let (certificate, key) = ("\(folder.path)/certificate.pem", "\(folder.path)/key.pem")
        try Command.makeCertificate("IP:127.0.0.1,DNS:*.example.org", certificate: certificate, key: key)
        try await withTLSServer(certificate: certificate, key: key) { process in
            let address = try RedisAddress(url: "rediss://127.0.0.1:\(process.port)/0?ca_file=\(certificate)", setting: "URL")
            try await use(address) { try await $0.untilItResponds() }
            let name = try RedisAddress(url: "rediss://localhost:\(process.port)/0?ca_file=\(certificate)", setting: "URL")
            try await use(name) { client in await #expect(throws: RedisError.self) { try await client.check() } }
        }
    }

    private func withTLSServer(certificate: String, key: String, _ body: (ServerProcess) async throws -> Void) async throws {
        try await ServerProcess.with(try #require(TestServer.executable)) { process in
            try process.start { data in
                [
                    "--bind", "127.0.0.1", "--dir", data, "--save", "", "--port", "0", "--tls-port", "\(process.port)", "--tls-cert-file",
                    certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate, "--tls-auth-clients", "no",
                ]
            }
            try await body(process)
        }
    }

    private func use(_ address: RedisAddress, _ body: (RedisClient) async throws -> Void) async throws {
        var settings = RedisSettings(address: address)
        settings.timeout = .seconds(10)
        let client = try RedisClient(settings)
        do { try await body(client) } catch {
            await client.shutDown()
            throw error
        }
        await client.shutDown()
    }

    @Test("an invalid certificate file is reported at startup")
    func invalidCertificateFileIsReported() throws {
        let address = try RedisAddress(url: "rediss://127.0.0.1?ca_file=/does/not/exist", setting: "URL")
        let error = #expect(throws: PixelFlowError.self) { try RedisClient(RedisSettings(address: address)) }
        #expect(error?.code == "setting_invalid" && error?.field == "PIXELFLOW_CACHE_URL")
    }

    @Test("a script is called by its digest, also after the server has forgotten it")
    func scriptIsReloadedWhenForgotten() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                let script = RedisScript("return {KEYS[1], ARGV[1]}")
                let reply = RedisValue.array([.string([107]), .string([97])])
                #expect(try await client.evaluate(script, keys: ["k"], ["a"]) == reply)
                #expect(try await client.send("EVALSHA", script.digest, "1", "k", "a") == reply)
                _ = try await client.send("SCRIPT", "FLUSH")
                #expect(try await client.evaluate(script, keys: ["k"], ["a"]) == reply)
            }
        }
    }
}

@Suite("Redis client during faults", .enabled(if: TestServer.executable != nil, "needs PIXELFLOW_TEST_REDIS_SERVER, see scripts/stack"))
struct RedisFaultTests {
    @Test("killed and restarted: commands fail, then work again")
    func killedServerRecovers() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                try await client.check()
                try await server.process.stop(by: SIGKILL)
                await #expect(throws: (any Error).self) { try await client.check() }
                try await server.start(wait: false)
                try await client.untilItResponds()
            }
        }
    }

    @Test("paused: a command ends at its time limit, and soon the others fail without waiting")
    func pausedServerTimesOut() async throws {
        try await TestServer.with { server in
            try await server.withClient(with: { $0.timeout = .milliseconds(200) }) { client in
                try await client.untilItResponds()
                try server.process.send(SIGSTOP)
                var kinds: [RedisError.Kind] = []
                var isOpen = false
                // Five failures open the circuit.
                for _ in 0..<50 where !isOpen {
                    do { try await client.check() } catch let error as RedisError { kinds.append(error.kind) } catch is CircuitOpenError {
                        isOpen = true
                    }
                }
                #expect(isOpen && kinds.count <= 5)
                #expect(kinds.first == .timedOut)
                try server.process.send(SIGCONT)
                try await client.untilItResponds()
            }
        }
    }

    @Test("slow and cut: the next command gets a new connection")
    func cutConnectionIsReplaced() async throws {
        try await TestServer.with { server in
            let proxy = try await FaultProxy.start(to: "127.0.0.1", port: server.port)
            try await server.withClient(port: proxy.port) { client in
                proxy.setLatency(.milliseconds(30))
                #expect(try await client.send("ECHO", "a") == .string([97]))
                proxy.setLatency(.zero)
                let cut = proxy.cutReplies(toRequestsContaining: "INCR")
                let error = await #expect(throws: RedisError.self) { try await client.send("INCR", "n") }
                #expect(error?.kind == .connectionLost)
                try await cut.done()
                try await client.untilItResponds()
                // The command was executed, and not repeated.
                #expect(try await client.send("GET", "n") == .string([49]))
            }
            try await proxy.stop()
        }
    }

    @Test("a full queue refuses further commands, and the queued ones receive replies")
    func fullQueueRefusesCommands() async throws {
        try await TestServer.with { server in
            try await server.withClient(with: { $0.waitLimit = 10 }) { client in
                try await client.check()
                try server.process.send(SIGSTOP)
                let kinds = try await withThrowingTaskGroup(of: RedisError.Kind?.self) { group in
                    for _ in 0..<50 {
                        group.addTask {
                            do { try await client.check() } catch let error as RedisError { return error.kind }
                            return nil
                        }
                    }
                    var kinds: [RedisError.Kind?] = []
                    // bounded: by the time limit of the commands
                    while kinds.count < 40, let kind = try await group.next() { kinds.append(kind) }
                    try server.process.send(SIGCONT)
                    // bounded: by the time limit of the commands
                    for try await kind in group { kinds.append(kind) }
                    return kinds
                }
                #expect(kinds.count { $0 == .busy } == 40)
                #expect(kinds.count { $0 == nil } == 10)
            }
        }
    }

    @Test("a server that does not speak the protocol is not believed")
    func otherProtocolIsRefused() async throws {
        try await TestServer.with { server in
            let proxy = try await FaultProxy.start(to: "127.0.0.1", port: server.port) { reply in
                reply = ByteBuffer(repeating: UInt8(ascii: "H"), count: reply.readableBytes)
            }
            try await server.withClient(port: proxy.port) { client in
                let error = await #expect(throws: RedisError.self) { try await client.check() }
                #expect(error?.kind == .protocolError)
            }
            try await proxy.stop()
        }
    }

    @Test("shut down: nothing waits, and nothing is accepted")
    func closedClientRefusesCommands() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                try await client.check()
                await client.shutDown()
                let error = await #expect(throws: RedisError.self) { try await client.check() }
                #expect(error?.kind == .shutDown)
            }
        }
    }
}
