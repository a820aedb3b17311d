import AsyncHTTPClient

/// What goes wrong without a problem of the service.
public enum ClientError: Error, Sendable, Hashable {
    /// There is no connection to the service, or it ends before an answer begins.
    case unreachable(String)
    /// A body ends early.
    case brokenOff(String)
    /// A limit of time ran out, with what was waited for.
    case timedOut(String)
    /// The answer is not what the contract says.
    case invalidAnswer(String)
    /// The bytes are not those that the manifest of the output names.
    case wrongChecksum(expected: String, found: String)
    /// A file cannot be read or written, with the reason of the system.
    case file(String, reason: String)
    /// The task that was waited for is deleted.
    case taskDeleted(String)
    /// The token is refused, and there is nothing to renew it with.
    case noRefreshToken

    init(request error: any Error, url: String) {
        switch error {
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout || error == .writeTimeout:
            self = .timedOut("the answer of \(url)")
        case let error as HTTPClientError where error == .invalidURL || error == .emptyHost || error == .emptyScheme:
            self = .unreachable("\(url) is not a URL of a service")
        default: self = .unreachable("\(url) cannot be reached: \(error)")
        }
    }

    init(body error: any Error) {
        if let error = error as? ClientError {
            self = error
        } else if let error = error as? HTTPClientError, error == .readTimeout || error == .deadlineExceeded {
            self = .timedOut("the rest of an answer")
        } else {
            self = .brokenOff("the answer breaks off: \(error)")
        }
    }
}

extension ClientError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let what), .brokenOff(let what), .invalidAnswer(let what): what
        case .timedOut(let what): "timed out: \(what)"
        case .wrongChecksum(let expected, let found): "the bytes have the SHA-256 \(found) and not \(expected)"
        case .file(let path, let reason): "\(path): \(reason)"
        case .taskDeleted(let id): "the task \(id) is deleted"
        case .noRefreshToken: "the token is no longer valid and cannot be renewed"
        }
    }
}
