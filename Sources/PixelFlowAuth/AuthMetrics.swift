import Metrics
import PixelFlowCore
import PixelFlowHTTP

/// The metrics of auth other than those of its requests. Each series is created at start with the value 0, so that the first event shows as
/// an increase.
struct AuthMetrics: Sendable {
    /// The outcome of a login.
    private enum Login: String, CaseIterable {
        case success, failure, throttled, error
    }

    /// The outcome of a token validation.
    private enum Validation: String, CaseIterable {
        case valid, expired, invalid, missing, error
    }

    /// Why a registration was refused before it was processed.
    private enum Refusal: String, CaseIterable {
        case closed, throttled, busy
    }

    private let registrations: Counter
    private let refusals: [Refusal: Counter]
    private let logins: [Login: Counter]
    private let validations: [Validation: Counter]

    init(_ factory: any MetricsFactory) {
        func counters<Status: RawRepresentable<String> & CaseIterable & Hashable>(
            _ name: String, by label: String = "status", _: Status.Type
        ) -> [Status: Counter] {
            Dictionary(
                uniqueKeysWithValues: Status.allCases.map {
                    ($0, Counter(label: name, dimensions: [(label, $0.rawValue)], factory: factory))
                })
        }
        refusals = counters("auth_registrations_refused_total", by: "reason", Refusal.self)
        registrations = Counter(label: "auth_registrations_total", factory: factory)
        logins = counters("auth_logins_total", Login.self)
        validations = counters("auth_token_validations_total", Validation.self)
    }

    func countingRegistration<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            let value = try await body()
            registrations.increment()
            return value
        } catch {
            switch (error as? PixelFlowError)?.code {
            case "registration_closed": refusals[.closed]?.increment()
            case "registration_throttled": refusals[.throttled]?.increment()
            case "registration_busy": refusals[.busy]?.increment()
            default: break
            }
            throw error
        }
    }

    func countingLogin<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            let value = try await body()
            logins[.success]?.increment()
            return value
        } catch {
            switch (error as? PixelFlowError)?.kind {
            case .unauthenticated: logins[.failure]?.increment()
            case .throttled: logins[.throttled]?.increment()
            default: logins[.error]?.increment()
            }
            throw error
        }
    }

    func countingValidation<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            let value = try await body()
            validations[.valid]?.increment()
            return value
        } catch {
            switch (error as? PixelFlowError)?.code {
            case PixelFlowError.tokenExpired.code: validations[.expired]?.increment()
            case PixelFlowError.tokenInvalid.code: validations[.invalid]?.increment()
            case PixelFlowError.tokenMissing.code: validations[.missing]?.increment()
            default: validations[.error]?.increment()
            }
            throw error
        }
    }
}
