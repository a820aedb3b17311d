import Foundation
public import PixelFlowCore
public import PixelFlowHTTP

/// The settings of the auth service, each with its default and its bounds.
public struct AuthSettings: Sendable {
    /// 12 took 0.2 s of one core where this was measured; each step doubles that. The default is
    /// OWASP's floor of 10 and two for the years since.
    static let bcryptCostSetting = Setting<Int>.integer(
        "PIXELFLOW_AUTH_BCRYPT_COST", default: 12, in: 4...16, help: "Cost of bcrypt; each step doubles the time of a login.")
    static let tokenLifetimeSetting = Setting<Duration>.seconds(
        "PIXELFLOW_AUTH_TOKEN_LIFETIME", default: 86_400, in: 60...2_592_000, help: "How long a token is valid.")
    /// Half of the processors, so that a storm of logins leaves room for everything else.
    static let hashThreadsSetting = Setting<Int>.integer(
        "PIXELFLOW_AUTH_HASH_THREADS", default: 0, in: 0...64, help: "Passwords hashed at a time; 0 for half of the processors.")
    /// 32 at a quarter of a second each is as long as a person waits.
    static let hashQueueSetting = Setting<Int>.integer(
        "PIXELFLOW_AUTH_HASH_QUEUE", default: 32, in: 1...10_000, help: "Passwords that wait for a thread before more are refused with 503."
    )

    public static let descriptions: [SettingDescription] =
        [
            bcryptCostSetting.description, tokenLifetimeSetting.description, hashThreadsSetting.description,
            hashQueueSetting.description,
        ] + TokenRules.descriptions + [TrustedProxies.setting.description]

    public var bcryptCost = 12
    public var tokenLifetime: Duration = .seconds(86_400)
    public var hashThreads = max(1, ProcessInfo.processInfo.activeProcessorCount / 2)
    public var hashQueue = 32
    public var rules = TokenRules()
    public var proxies = TrustedProxies.loopback
    public var throttle = LoginThrottle.Limits()

    public init() {}

    /// - Throws: `setting_invalid`, with the name of the bad setting as `field`.
    public init(_ settings: Settings) throws(PixelFlowError) {
        self.init()
        bcryptCost = try settings[Self.bcryptCostSetting]
        tokenLifetime = try settings[Self.tokenLifetimeSetting]
        let threads = try settings[Self.hashThreadsSetting]
        if threads > 0 { hashThreads = threads }
        hashQueue = try settings[Self.hashQueueSetting]
        rules = try TokenRules(settings)
        proxies = try TrustedProxies(settings)
    }
}
