public import HTTPTypes

extension HTTPField.Name {
    // Each literal is a valid header name, so the fallback is never taken.
    public static let xRequestID = HTTPField.Name("x-request-id") ?? .via
    public static let xForwardedFor = HTTPField.Name("x-forwarded-for") ?? .via
    static let referrerPolicy = HTTPField.Name("referrer-policy") ?? .via
}
