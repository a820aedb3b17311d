import PixelFlowCore
import PixelFlowMongo
import Testing

@Suite struct MongoSettingsTests {
    @Test func readsSettings() throws {
        let settings = try MongoSettings(
            Settings(environment: [
                "PIXELFLOW_TASK_DATABASE_URL": "mongodb://u:p@db:27018/tasks?tls=true", "PIXELFLOW_TASK_DATABASE_POOL_SIZE": "3",
                "PIXELFLOW_TASK_DATABASE_COMMAND_TIMEOUT": "7",
            ]))
        #expect(settings.url == "mongodb://u:p@db:27018/tasks?tls=true")
        #expect(settings.poolSize == 3)
        #expect(settings.commandTimeout == .seconds(7))
        #expect(settings.connectTimeout == .seconds(3))
    }

    @Test(arguments: ["postgres://u:hush-hush@db/x", "mongodb://u:hush-hush@", "mongodb://u:hush-hush@db:x/y", "hush-hush"])
    func refusesAnInvalidURLWithoutShowingIt(url: String) throws {
        let error = #expect(throws: PixelFlowError.self) {
            try MongoSettings(Settings(environment: ["PIXELFLOW_TASK_DATABASE_URL": url]))
        }
        #expect(error?.code == "setting_invalid")
        #expect(error?.field == "PIXELFLOW_TASK_DATABASE_URL")
        #expect(error.map { "\($0)".contains("hush-hush") } == false)
    }
}
