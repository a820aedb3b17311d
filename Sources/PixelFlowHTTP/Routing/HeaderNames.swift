package import HTTPTypes

extension HTTPField.Name {
    // All literals are valid header names, so the fallback is never used.
    package static let xRequestID = HTTPField.Name("x-request-id") ?? .via
    package static let xForwardedFor = HTTPField.Name("x-forwarded-for") ?? .via
    package static let xForwardedProto = HTTPField.Name("x-forwarded-proto") ?? .via
    package static let xForwardedHost = HTTPField.Name("x-forwarded-host") ?? .via
    package static let traceParent = HTTPField.Name("traceparent") ?? .via
    package static let traceState = HTTPField.Name("tracestate") ?? .via
    package static let rateLimit = HTTPField.Name("ratelimit") ?? .via
    package static let rateLimitPolicy = HTTPField.Name("ratelimit-policy") ?? .via
    package static let referrerPolicy = HTTPField.Name("referrer-policy") ?? .via
}
