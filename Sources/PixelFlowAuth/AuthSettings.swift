import Foundation
package import PixelFlowCore
package import PixelFlowHTTP

/// The settings of the auth service, each with its default and its bounds.
package struct AuthSettings: Sendable {
    /// Cost 12 took 0.2 s on one core of the reference machine; each step doubles that. OWASP requires at least 10; 12 leaves a margin.
    static let bcryptCostSetting = Setting<Int>.integer(
        "PIXELFLOW_AUTH_BCRYPT_COST", default: 12, in: 4...16, help: "bcrypt cost; each step doubles the time that a login takes.")
    /// The upper bound of `PIXELFLOW_AUTH_TOKEN_LIFETIME`, in seconds.
    static let longestTokenLifetime = 2_592_000
    static let tokenLifetimeSetting = Setting<Duration>.seconds(
        "PIXELFLOW_AUTH_TOKEN_LIFETIME", default: 86_400, in: 60...longestTokenLifetime, help: "How long a token is valid.")
    static let sessionLifetimeSetting = Setting<Duration>.seconds(
        "PIXELFLOW_AUTH_SESSION_LIFETIME", default: 2_592_000, in: 300...31_536_000,
        help: "How long an unused session and its refresh token stay valid.")
    static let auditAgeSetting = Setting<Duration>.seconds(
        "PIXELFLOW_AUTH_AUDIT_AGE", default: 34_560_000, in: 86_400...315_360_000, help: "How long entries of the audit log are kept.")
    /// Half of the processors, so that a burst of logins leaves CPU time for other requests.
    static let hashThreadsSetting = Setting<Int>.integer(
        "PIXELFLOW_AUTH_HASH_THREADS", default: 0, in: 0...64, help: "Threads that verify passwords; 0 means half of the processors.")
    /// 32 waiting logins at 0.25 s each are 8 s on one thread: about as long as a person waits.
    static let hashQueueSetting = Setting<Int>.integer(
        "PIXELFLOW_AUTH_HASH_QUEUE", default: 32, in: 1...10_000,
        help:
            "Maximum number of logins waiting for a thread; further ones are refused with 503."
    )
    static let registrationSetting = Setting<RegistrationMode>.choice(
        "PIXELFLOW_AUTH_REGISTRATION", default: .open, of: RegistrationMode.allCases,
        help: "Who may register: open (anyone), invite (with an invitation) or closed (no one).")
    /// Separate threads, so that a burst of registrations does not delay logins.
    static let registrationThreadsSetting = Setting<Int>.integer(
        "PIXELFLOW_AUTH_REGISTRATION_THREADS", default: 1, in: 1...64, help: "Threads that hash the passwords of registrations.")
    static let registrationQueueSetting = Setting<Int>.integer(
        "PIXELFLOW_AUTH_REGISTRATION_QUEUE", default: 32, in: 1...10_000,
        help: "Maximum number of registrations waiting for a thread; further ones are refused with 503.")
    /// A class or an office can register at once. 60 registrations at 0.25 s each use 15 of an hour's 3,600 seconds.
    static let registrationsPerHourSetting = Setting<Int>.integer(
        "PIXELFLOW_AUTH_REGISTRATIONS_PER_HOUR", default: 60, in: 1...1_000_000,
        help: "Registrations allowed per hour from one address (IPv6: one /64), possibly all at once; further ones are refused with 429.")
    /// Each entry takes about 400 bytes.
    static let throttleCapacitySetting = Setting<Int>.integer(
        "PIXELFLOW_AUTH_THROTTLE_CAPACITY", default: 10_000, in: 100...1_000_000,
        help: "Accounts and addresses that the throttle of sign-ins remembers; beyond it, the oldest are evicted.")

    package static let descriptions: [SettingDescription] =
        [
            bcryptCostSetting.description, tokenLifetimeSetting.description, sessionLifetimeSetting.description,
            auditAgeSetting.description, hashThreadsSetting.description,
            hashQueueSetting.description, registrationSetting.description, registrationThreadsSetting.description,
            registrationQueueSetting.description, registrationsPerHourSetting.description, throttleCapacitySetting.description,
        ] + MailSettings.descriptions + TokenRules.descriptions + [TrustedProxies.setting.description, ServiceSecret.setting.description]
        + RateLimitSettings.descriptions

    package var bcryptCost = 12
    package var tokenLifetime: Duration = .seconds(86_400)
    package var sessionLifetime: Duration = .seconds(2_592_000)
    package var auditAge: Duration = .seconds(34_560_000)
    package var hashThreads = max(1, ProcessInfo.processInfo.activeProcessorCount / 2)
    package var hashQueue = 32
    package var registration = RegistrationMode.open
    package var registrationThreads = 1
    package var registrationQueue = 32
    package var registrationsPerHour = 60
    /// Nil if the service sends no mail.
    package var mail: MailSettings?
    package var rules = TokenRules()
    package var proxies = TrustedProxies.loopback
    package var throttle = LoginThrottle.Limits()
    /// The rate limits of callers.
    package var rates = RateLimitSettings()
    /// Authenticates services and operators.
    package var serviceSecret = ServiceSecret.off

    package init() {}

    /// - Throws: `setting_invalid`, with the name of the invalid setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        self.init()
        bcryptCost = try settings[Self.bcryptCostSetting]
        tokenLifetime = try settings[Self.tokenLifetimeSetting]
        sessionLifetime = try settings[Self.sessionLifetimeSetting]
        auditAge = try settings[Self.auditAgeSetting]
        let threads = try settings[Self.hashThreadsSetting]
        if threads > 0 { hashThreads = threads }
        hashQueue = try settings[Self.hashQueueSetting]
        registration = try settings[Self.registrationSetting]
        registrationThreads = try settings[Self.registrationThreadsSetting]
        registrationQueue = try settings[Self.registrationQueueSetting]
        registrationsPerHour = try settings[Self.registrationsPerHourSetting]
        throttle.capacity = try settings[Self.throttleCapacitySetting]
        mail = try MailSettings.read(settings)
        rules = try TokenRules(settings)
        proxies = try TrustedProxies(settings)
        serviceSecret = try ServiceSecret(settings)
        rates = try RateLimitSettings(settings)
    }

    /// bcrypt as configured.
    func hasher() throws(PixelFlowError) -> BcryptHasher {
        try BcryptHasher(
            cost: bcryptCost, threads: hashThreads, queue: hashQueue, registrationThreads: registrationThreads,
            registrationQueue: registrationQueue)
    }
}

/// Who may register: `PIXELFLOW_AUTH_REGISTRATION`.
package enum RegistrationMode: String, Sendable, CaseIterable {
    /// Anyone who can reach the service.
    case open
    /// Anyone with an invitation, and the first account with the setup token from the log.
    case invite
    /// No one. Existing accounts can still sign in.
    case closed
}
