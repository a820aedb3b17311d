import PixelFlowAuth
import PixelFlowCore
import PixelFlowHTTP
import Testing

@Suite("Settings of auth")
struct AuthSettingsTests {
    @Test("nothing set means the defaults")
    func defaults() throws {
        let settings = try AuthSettings(Settings(environment: ["PIXELFLOW_AUTH_BCRYPT_COST": ""]))
        #expect(settings.bcryptCost == 12)
        #expect(settings.tokenLifetime == .seconds(86_400))
        #expect(settings.hashThreads >= 1)
    }

    @Test("settings are read")
    func reads() throws {
        let settings = try AuthSettings(
            Settings(environment: [
                "PIXELFLOW_AUTH_BCRYPT_COST": "10", "PIXELFLOW_AUTH_TOKEN_LIFETIME": "3600", "PIXELFLOW_AUTH_ISSUER": "me",
                "PIXELFLOW_AUTH_HASH_THREADS": "3", "PIXELFLOW_AUTH_HASH_QUEUE": "7",
            ]))
        #expect(settings.bcryptCost == 10)
        #expect(settings.tokenLifetime == .seconds(3600))
        #expect(settings.rules.issuer == "me")
        #expect(settings.hashThreads == 3)
        #expect(settings.hashQueue == 7)
    }

    private static let bad = [
        ("PIXELFLOW_AUTH_BCRYPT_COST", "3"), ("PIXELFLOW_AUTH_BCRYPT_COST", "17"), ("PIXELFLOW_AUTH_BCRYPT_COST", "twelve"),
        ("PIXELFLOW_AUTH_TOKEN_LIFETIME", "59"), ("PIXELFLOW_AUTH_TOKEN_LIFETIME", "1d"), ("PIXELFLOW_AUTH_HASH_THREADS", "65"),
        ("PIXELFLOW_AUTH_HASH_QUEUE", "-1"), ("PIXELFLOW_TRUSTED_PROXIES", "everybody"),
    ]

    @Test("a bad setting is named", arguments: bad)
    func namesBad(name: String, value: String) {
        let error = #expect(throws: PixelFlowError.self) { try AuthSettings(Settings(environment: [name: value])) }
        #expect(error?.field == name)
        #expect(error?.code == "setting_invalid")
    }
}
