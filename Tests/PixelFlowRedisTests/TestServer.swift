import Foundation
import Metrics
import PixelFlowCore
import TestSupport
import Testing

@testable import PixelFlowRedis

/// A Redis server for a single test.
struct TestServer {
    static let executable = ProcessInfo.processInfo.environment["PIXELFLOW_TEST_REDIS_SERVER"]

    let process: ServerProcess
    /// The options the server starts with, in addition to its port and folder.
    private let options: [String]

    /// Runs `body` with a running server, and stops the server afterwards.
    static func with(_ options: [String] = [], _ body: (TestServer) async throws -> Void) async throws {
        try await ServerProcess.with(try #require(executable)) { process in
            let server = TestServer(process: process, options: options)
            try await server.start()
            try await body(server)
        }
    }

    var port: Int { process.port }

    /// Starts the server; returns once it responds.
    func start(wait: Bool = true) async throws {
        try process.start { data in
            ["--bind", "127.0.0.1", "--dir", data, "--save", ""]
                + (options.contains("--tls-port") ? ["--port", "0"] : ["--port", "\(port)"])
                + options
        }
        guard wait, options.isEmpty else { return }
        try await withClient { client in try await client.untilItResponds() }
    }

    func address(port: Int? = nil) throws -> RedisAddress {
        try RedisAddress(url: "redis://127.0.0.1:\(port ?? self.port)", setting: "URL")
    }

    /// Runs `body` with a client, and shuts it down afterwards.
    func withClient<Value>(
        port: Int? = nil, metrics: any MetricsFactory = NOOPMetricsHandler.instance,
        with change: (inout RedisSettings) throws -> Void = { _ in },
        _ body: (RedisClient) async throws -> Value
    ) async throws -> Value {
        var settings = RedisSettings(address: try address(port: port))
        // The machine may be busy with other tests; tests of the timeout set their own.
        settings.timeout = .seconds(10)
        try change(&settings)
        let client = try RedisClient(settings, metrics: metrics)
        let result: Result<Value, any Error>
        do { result = .success(try await body(client)) } catch { result = .failure(error) }
        await client.shutDown()
        return try result.get()
    }
}

extension RedisClient {
    /// Waits until the server responds.
    func untilItResponds() async throws {
        try await retry(.every(.milliseconds(50)), until: .now + .seconds(30)) { try await check() }
    }

    func send(_ words: String...) async throws -> RedisValue {
        try await send(RedisCommand(words.first ?? "", Array(words.dropFirst())))
    }
}
