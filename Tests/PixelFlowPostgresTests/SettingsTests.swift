import PixelFlowCore
import Testing

@testable import PixelFlowPostgres

@Suite("PostgreSQL settings")
struct SettingsTests {
    @Test(
        "a URL that libpq cannot read is refused, and not shown",
        arguments: [
            "mysql://ada:correct-horse@db/users", "postgres:ada:correct-horse", "postgres://ada:correct-horse@db:port:port/users?x",
            "postgres://ada:correct-horse@db/users?sslmode=verify_full", "postgres://ada:correct-horse%zz@db/users",
            "postgres://ada:correct-horse@db/users?no_such_parameter=1", "correct-horse",
        ])
    func invalidURLIsRefusedAndNotShown(url: String) throws {
        let settings = try Settings(environment: ["PIXELFLOW_AUTH_DATABASE_URL": url])
        let error = #expect(throws: PixelFlowError.self) { try PostgresSettings(settings) }
        #expect(error?.code == "setting_invalid")
        #expect(error?.field == "PIXELFLOW_AUTH_DATABASE_URL")
        #expect(error?.description.contains("correct-horse") == false)
    }

    @Test("the URL overrides the settings, and the settings override the defaults")
    func urlOverridesSettings() throws {
        let environment = ["PIXELFLOW_AUTH_DATABASE_CONNECT_TIMEOUT": "7", "PIXELFLOW_AUTH_DATABASE_POOL_SIZE": "3"]
        func read(_ url: String) throws -> PostgresSettings {
            try PostgresSettings(Settings(environment: environment.merging(["PIXELFLOW_AUTH_DATABASE_URL": url]) { $1 }))
        }
        let plain = try read("postgres://db/users")
        #expect(plain.poolSize == 3)
        #expect(try plain.parameters().values["connect_timeout"] == "7")
        #expect(try plain.parameters().values["sslmode"] == nil)
        let full = try read("postgresql://ada@db/users?connect_timeout=9&sslmode=verify-full&keepalives_idle=60").parameters().values
        #expect(full["connect_timeout"] == "9" && full["sslmode"] == "verify-full" && full["keepalives_idle"] == "60")
    }
}
