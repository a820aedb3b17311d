/// A JSON Web Token whose signature has not been verified (RFC 7519): for hints, never for trust.
public enum UnverifiedToken {
    /// Nil for a token that is not a JSON Web Token, such as an API key.
    public static func claims(of token: some StringProtocol) -> JSONValue? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Base64.urlDecoded(parts[1]) else { return nil }
        return try? JSONValue(parsing: bytes)
    }

    /// The organisation in whose name a token of PixelFlow speaks.
    public static func organisation(of token: some StringProtocol) -> String? { claims(of: token)?["tenant"]?.stringValue }
}
