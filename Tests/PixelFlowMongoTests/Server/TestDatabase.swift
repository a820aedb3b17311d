import Foundation
import PixelFlowCore
import PixelFlowMongo
import Testing

/// The MongoDB server that the tests use: the one at `PIXELFLOW_TEST_MONGODB_URL`, which `make stack-up` starts and prints.
enum TestServer {
    static let url = ProcessInfo.processInfo.environment["PIXELFLOW_TEST_MONGODB_URL"]
    static let isThere = url != nil
    static let absence: Comment = "PIXELFLOW_TEST_MONGODB_URL is not set; make stack-up starts a server and prints it."
}

/// A separate database for one test, dropped afterwards.
struct TestDatabase: Sendable {
    let url: String

    static func with(_ body: (TestDatabase) async throws -> Void) async throws {
        var address = try #require(URLComponents(string: TestServer.url ?? ""))
        address.path = "/pixelflow_test_\(UUID().uuidString.prefix(8).lowercased())"
        let database = TestDatabase(url: try #require(address.string))
        do {
            try await body(database)
        } catch {
            try? await database.drop()
            throw error
        }
        try await database.drop()
    }

    func store(policy: TaskPolicy = .standard, timeout: Duration = .seconds(30)) throws -> MongoTaskStore {
        try MongoTaskStore(settings(timeout: timeout), policy: policy)
    }

    func store(clock: any WallClock) throws -> MongoTaskStore {
        try MongoTaskStore(settings(), policy: .standard, clock: clock)
    }

    /// - Parameter timeout: for connecting and for each command; long, because test machines are busy.
    func settings(timeout: Duration = .seconds(30)) -> MongoSettings {
        var settings = MongoSettings(url: url)
        settings.poolSize = 4
        settings.connectTimeout = timeout
        settings.commandTimeout = timeout
        return settings
    }

    private func drop() async throws {
        try await MongoTaskStore(settings()).drop()
    }

    /// The same database, reached through a proxy on this port.
    func behind(port: Int) throws -> TestDatabase {
        var address = try #require(URLComponents(string: url))
        address.host = "127.0.0.1"
        address.port = port
        return TestDatabase(url: try #require(address.string))
    }
}
