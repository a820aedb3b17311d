public import HTTPTypes

extension HTTPField.Name {
    // Each literal is a valid header name, so the fallback is never taken.
    public static let xRequestID = HTTPField.Name("x-request-id") ?? .via
    public static let xForwardedFor = HTTPField.Name("x-forwarded-for") ?? .via
    public static let xForwardedProto = HTTPField.Name("x-forwarded-proto") ?? .via
    public static let xForwardedHost = HTTPField.Name("x-forwarded-host") ?? .via
    static let referrerPolicy = HTTPField.Name("referrer-policy") ?? .via
}
