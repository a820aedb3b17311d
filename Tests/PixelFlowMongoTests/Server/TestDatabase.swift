import Foundation
import PixelFlowCore
import PixelFlowMongo
import Testing

/// The MongoDB server that tests are run against: the one at `PIXELFLOW_TEST_MONGODB_URL`, which
/// `make stack-up` starts and prints.
enum TestServer {
    static let url = ProcessInfo.processInfo.environment["PIXELFLOW_TEST_MONGODB_URL"]
    static let isThere = url != nil
    static let absence: Comment = "PIXELFLOW_TEST_MONGODB_URL is not set; make stack-up starts a server and prints it."
}

/// A database of its own for one test, dropped afterwards.
struct TestDatabase: Sendable {
    let url: String

    /// - Parameter port: of a proxy before the server.
    static func with(port: Int? = nil, _ body: (TestDatabase) async throws -> Void) async throws {
        let database = TestDatabase(url: try address(port: port))
        do {
            try await body(database)
        } catch {
            try? await database.drop()
            throw error
        }
        try await database.drop()
    }

    func store(policy: TaskPolicy = .standard) throws -> MongoTaskStore {
        try MongoTaskStore(settings(), policy: policy)
    }

    func store(clock: any WallClock) throws -> MongoTaskStore {
        try MongoTaskStore(settings(), policy: .standard, clock: clock)
    }

    func settings() -> MongoSettings {
        var settings = MongoSettings(url: url)
        settings.poolSize = 4
        return settings
    }

    private func drop() async throws {
        try await MongoTaskStore(settings()).drop()
    }

    private static func address(port: Int?) throws -> String {
        var components = try #require(URLComponents(string: TestServer.url ?? ""))
        components.path = "/pixelflow_test_\(UUID().uuidString.prefix(8).lowercased())"
        if let port { components.port = port }
        return try #require(components.string)
    }
}
