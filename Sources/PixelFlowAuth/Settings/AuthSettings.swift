import Foundation
public import PixelFlowCore
public import PixelFlowHTTP

/// The settings of the auth service, each with its default and its bounds.
public struct AuthSettings: Sendable {
    /// `PIXELFLOW_AUTH_BCRYPT_COST`: 4 to 16. 12 takes about a quarter of a second on a server of 2023;
    /// each step doubles that. The default is OWASP's floor of 10 and two for the years since.
    public var bcryptCost: Int = 12
    /// `PIXELFLOW_AUTH_TOKEN_LIFETIME`: seconds, one minute to 30 days; a day by default.
    public var tokenLifetime: Duration = .seconds(86_400)
    /// `PIXELFLOW_AUTH_HASH_THREADS`: passwords hashed at a time, 1 to 64; half of the processors by
    /// default, so that a storm of logins leaves room for everything else.
    public var hashThreads: Int = max(1, ProcessInfo.processInfo.activeProcessorCount / 2)
    /// `PIXELFLOW_AUTH_HASH_QUEUE`: passwords that wait for a thread before more are refused with a
    /// 503, 1 to 10,000. 32 at a quarter of a second each is as long as a person waits.
    public var hashQueue: Int = 32
    /// `PIXELFLOW_AUTH_ISSUER` and `PIXELFLOW_AUTH_AUDIENCE`.
    public var rules = TokenRules()
    /// `PIXELFLOW_TRUSTED_PROXIES`: whose `X-Forwarded-For` is believed; this machine's by default.
    public var proxies = TrustedProxies.loopback
    public var throttle = LoginThrottle.Limits()

    public init() {}

    /// Reads the settings from an environment; what is absent or empty keeps its default.
    ///
    /// - Throws: `setting_invalid`, with the name of the bad setting as `field`.
    public init(environment: [String: String]) throws(PixelFlowError) {
        self.init()
        func text(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        func number(_ name: String, _ range: ClosedRange<Int>) throws(PixelFlowError) -> Int? {
            guard let text = text(name) else { return nil }
            guard let value = Int(text), range.contains(value) else {
                throw .invalid(
                    name, "\(name) is \"\(text)\"; it must be a whole number from \(range.lowerBound) to \(range.upperBound).",
                    code: "setting_invalid")
            }
            return value
        }
        if let value = try number("PIXELFLOW_AUTH_BCRYPT_COST", 4...16) { bcryptCost = value }
        if let value = try number("PIXELFLOW_AUTH_TOKEN_LIFETIME", 60...2_592_000) { tokenLifetime = .seconds(value) }
        if let value = try number("PIXELFLOW_AUTH_HASH_THREADS", 1...64) { hashThreads = value }
        if let value = try number("PIXELFLOW_AUTH_HASH_QUEUE", 1...10_000) { hashQueue = value }
        if let value = text("PIXELFLOW_AUTH_ISSUER") { rules.issuer = value }
        if let value = text("PIXELFLOW_AUTH_AUDIENCE") { rules.audience = value }
        if let value = text("PIXELFLOW_TRUSTED_PROXIES") { proxies = try TrustedProxies(setting: value) }
    }
}
