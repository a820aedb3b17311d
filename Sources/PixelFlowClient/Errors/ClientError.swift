import AsyncHTTPClient

/// A failure that the service has not reported as a `Problem`.
public enum ClientError: Error, Sendable, Hashable {
    /// The connection to the service failed, or ended before a response began.
    case unreachable(String)
    /// A body ended early.
    case brokenOff(String)
    /// A time limit expired while waiting for what the value describes.
    case timedOut(String)
    /// The response does not conform to the API.
    case invalidResponse(String)
    /// The bytes do not match the checksum in the manifest.
    case wrongChecksum(expected: String, found: String)
    /// A file cannot be read or written; `reason` comes from the system.
    case file(String, reason: String)
    /// The task was deleted while being waited for.
    case taskDeleted(String)
    /// The token was rejected, and there is no refresh token to renew it.
    case noRefreshToken
    /// The stored login has been switched to another organisation since the first request.
    case otherOrganisation(expected: String, found: String)

    init(request error: any Error, url: String) {
        switch error {
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout || error == .writeTimeout:
            self = .timedOut("the response of \(url)")
        case let error as HTTPClientError where error == .invalidURL || error == .emptyHost || error == .emptyScheme:
            self = .unreachable("\(url) is not a URL of a service")
        default: self = .unreachable("\(url) cannot be reached: \(error)")
        }
    }

    init(body error: any Error) {
        if let error = error as? ClientError {
            self = error
        } else if let error = error as? HTTPClientError, error == .readTimeout || error == .deadlineExceeded {
            self = .timedOut("the rest of a response")
        } else {
            self = .brokenOff("the response breaks off: \(error)")
        }
    }
}

extension ClientError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let what), .brokenOff(let what), .invalidResponse(let what): what
        case .timedOut(let what): "timed out: \(what)"
        case .wrongChecksum(let expected, let found): "the bytes have the SHA-256 \(found) and not \(expected)"
        case .file(let path, let reason): "\(path): \(reason)"
        case .taskDeleted(let id): "the task \(id) is deleted"
        case .otherOrganisation(let expected, let found):
            "the login was switched to the organisation \(found) while this was running for \(expected)"
        case .noRefreshToken: "the token is no longer valid and cannot be renewed"
        }
    }
}
