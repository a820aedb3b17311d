import PixelFlowCore
import WireFormats

/// The paths of a service that are forwarded. All others are for operators.
struct ProxiedPaths: Sendable {
    /// The prefix of all public routes of the api; its probes and metrics have other paths. Quotas of organisations are for operators.
    static let api = ProxiedPaths(prefixes: [["api"]], exact: [], refused: [["api", "organisations"]])
    static let auth = ProxiedPaths(
        prefixes: [["organisations"], ["sessions"], ["keys"], ["invitations"], ["password"], ["email"], ["me"]],
        exact: [
            ["health"], ["register"], ["login"], ["validate"], [".well-known", "jwks.json"], ["token"], ["logout"], ["me"], ["password"],
            ["organisations"], ["sessions"], ["keys"], ["audit"], ["notification-settings"], ["unsubscribe"],
        ], refused: [])

    fileprivate let prefixes: [[Substring]]
    fileprivate let exact: [[Substring]]
    /// Prefixes of routes for operators among the others, in lower case.
    fileprivate let refused: [[String]]

    /// Whether a path may be forwarded unchanged. Accepts only one spelling of each path, because services differ in how they treat empty
    /// segments, dots, parameters and unnecessary encoding.
    func allow(_ path: String) -> Bool {
        guard path.hasPrefix("/") else { return false }
        var segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        if segments.count > 1, segments.last?.isEmpty == true { segments.removeLast() }
        guard segments.allSatisfy(Self.isPlain) else { return false }
        let names = segments.map(Self.name)
        guard !refused.contains(where: { names.starts(with: $0) }) else { return false }
        return exact.contains(segments) || prefixes.contains { segments.count > $0.count && segments.starts(with: $0) }
    }

    /// What any component may take a segment for: without its encoding and parameters, and in lower case.
    private static func name(_ segment: Substring) -> String {
        let decoded = segment.percentDecoded ?? String(segment)
        return (decoded.percentDecoded ?? decoded).prefix { $0 != ";" }.lowercased()
    }

    private static func isPlain(_ segment: Substring) -> Bool {
        guard !segment.isEmpty, let decoded = segment.percentDecoded else { return false }
        // A path that is encoded twice may be decoded twice by another component.
        let text = decoded.percentDecoded ?? decoded
        let name = text.prefix { $0 != ";" }
        guard name != ".", name != ".." else { return false }
        return !text.unicodeScalars.contains { $0 == "/" || $0 == "\\" || $0.value < 0x20 || $0.value == 0x7f }
    }
}

extension PixelFlowError {
    /// The path is invalid for any service (400).
    static let malformedAddress = PixelFlowError(.malformed, code: "bad_request", "The path is malformed.")
}
