import Conformance
import FaultProxy
import Foundation
import PixelFlowCore
import PixelFlowMongo
import Testing

/// A store that reaches its server through a proxy that injects faults on request.
enum TestProxy {
    /// - Parameters:
    ///   - timeout: of the store behind the proxy.
    ///   - body: receives the proxy, a store behind it, and a database that bypasses it.
    static func with(
        timeout: Duration = .seconds(30), _ body: (FaultProxy, MongoTaskStore, TestDatabase) async throws -> Void
    ) async throws {
        let server = try #require(URLComponents(string: TestServer.url ?? ""))
        let proxy = try await FaultProxy.start(to: server.host ?? "127.0.0.1", port: server.port ?? 27017)
        try await TestDatabase.with { database in
            let store = try database.behind(port: proxy.port).store(timeout: timeout)
            try await eventually(within: .seconds(30), "the server is reached") { try? await store.check() }
            try await body(proxy, store, database)
        }
        try await proxy.stop()
    }
}
