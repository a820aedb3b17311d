import PixelFlowAuth
import PixelFlowCore
import PixelFlowHTTP
import SMTP
import Testing

@Suite("Settings of auth")
struct AuthSettingsTests {
    @Test("unset settings have their defaults")
    func unsetSettingsHaveDefaults() throws {
        let settings = try AuthSettings(Settings(environment: ["PIXELFLOW_AUTH_BCRYPT_COST": ""]))
        #expect(settings.bcryptCost == 12)
        #expect(settings.tokenLifetime == .seconds(86_400))
        #expect(settings.hashThreads >= 1)
        #expect(settings.registration == .open)
        #expect([settings.registrationThreads, settings.registrationQueue, settings.registrationsPerHour] == [1, 32, 60])
        #expect(settings.throttle.capacity == 10_000)
    }

    @Test("settings are read from the environment")
    func settingsAreRead() throws {
        let settings = try AuthSettings(
            Settings(environment: [
                "PIXELFLOW_AUTH_BCRYPT_COST": "10", "PIXELFLOW_AUTH_TOKEN_LIFETIME": "3600", "PIXELFLOW_AUTH_ISSUER": "me",
                "PIXELFLOW_AUTH_HASH_THREADS": "3", "PIXELFLOW_AUTH_HASH_QUEUE": "7",
                "PIXELFLOW_AUTH_REGISTRATION": "Closed", "PIXELFLOW_AUTH_REGISTRATION_THREADS": "2",
                "PIXELFLOW_AUTH_REGISTRATION_QUEUE": "4", "PIXELFLOW_AUTH_REGISTRATIONS_PER_HOUR": "9",
                "PIXELFLOW_AUTH_THROTTLE_CAPACITY": "100",
            ]))
        #expect(settings.registration == .closed)
        #expect([settings.registrationThreads, settings.registrationQueue, settings.registrationsPerHour] == [2, 4, 9])
        #expect(settings.throttle.capacity == 100)
        #expect(settings.bcryptCost == 10)
        #expect(settings.tokenLifetime == .seconds(3600))
        #expect(settings.rules.issuer == "me")
        #expect(settings.hashThreads == 3)
        #expect(settings.hashQueue == 7)
    }

    @Test("a mail server requires a sender and the page URL, and its password is never shown")
    func mailSettingsAreRead() throws {
        var environment = ["PIXELFLOW_SMTP_URL": "smtps://ada:secret@mail.example.org"]
        for (missing, value) in [
            ("PIXELFLOW_MAIL_FROM", "PixelFlow <noreply@example.org>"), ("PIXELFLOW_PUBLIC_URL", "https://images.example.org/pf/"),
        ] {
            let error = #expect(throws: PixelFlowError.self) { try AuthSettings(Settings(environment: environment)) }
            #expect(error?.field == missing && error?.message.contains("secret") == false)
            environment[missing] = value
        }
        let mail = try #require(try AuthSettings(Settings(environment: environment)).mail)
        #expect(mail.page == "https://images.example.org/pf" && mail.sender.address == "noreply@example.org")
        #expect(mail.server.port == 465 && mail.verification == .off)
        #expect(try AuthSettings(Settings(environment: ["PIXELFLOW_MAIL_FROM": "a@example.org"])).mail == nil)
        let alone = #expect(throws: PixelFlowError.self) {
            try AuthSettings(Settings(environment: ["PIXELFLOW_AUTH_VERIFY_EMAIL": "on"]))
        }
        #expect(alone?.field == "PIXELFLOW_SMTP_URL")
        let bad = #expect(throws: PixelFlowError.self) {
            try AuthSettings(Settings(environment: ["PIXELFLOW_SMTP_URL": "smtp://:secret@"]))
        }
        #expect(bad?.message.contains("secret") == false)
    }

    private static let bad = [
        ("PIXELFLOW_AUTH_BCRYPT_COST", "3"), ("PIXELFLOW_AUTH_BCRYPT_COST", "17"), ("PIXELFLOW_AUTH_BCRYPT_COST", "twelve"),
        ("PIXELFLOW_AUTH_TOKEN_LIFETIME", "59"), ("PIXELFLOW_AUTH_TOKEN_LIFETIME", "1d"), ("PIXELFLOW_AUTH_HASH_THREADS", "65"),
        ("PIXELFLOW_AUTH_HASH_QUEUE", "-1"), ("PIXELFLOW_TRUSTED_PROXIES", "everybody"),
        ("PIXELFLOW_AUTH_REGISTRATION", "invited"), ("PIXELFLOW_AUTH_REGISTRATION_THREADS", "0"),
        ("PIXELFLOW_AUTH_REGISTRATION_QUEUE", "0"), ("PIXELFLOW_AUTH_REGISTRATIONS_PER_HOUR", "0"),
        ("PIXELFLOW_AUTH_THROTTLE_CAPACITY", "99"), ("PIXELFLOW_SMTP_URL", "mail.example.org"), ("PIXELFLOW_MAIL_FROM", "PixelFlow"),
        ("PIXELFLOW_PUBLIC_URL", "images.example.org"), ("PIXELFLOW_PUBLIC_URL", "https://a/?b"), ("PIXELFLOW_AUTH_VERIFY_EMAIL", "yes"),
    ]

    @Test("the error names the invalid setting", arguments: bad)
    func invalidSettingIsNamed(name: String, value: String) {
        let error = #expect(throws: PixelFlowError.self) { try AuthSettings(Settings(environment: [name: value])) }
        #expect(error?.field == name)
        #expect(error?.code == "setting_invalid")
    }
}
