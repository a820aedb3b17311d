import ArgumentParser
import AsyncPrimitives
import FoundationEssentials
import PixelFlowClient
import Terminal

/// How to reach auth and the api: through the cluster, or at given URLs.
struct BackupAccess: ParsableArguments {
    @Option(help: ArgumentHelp("The URL of auth outside a cluster, such as http://127.0.0.1:50051.", valueName: "url"))
    var authURL: String?

    @Option(help: ArgumentHelp("The URL of the api outside a cluster, such as http://127.0.0.1:8080.", valueName: "url"))
    var apiURL: String?

    @Option(
        help: ArgumentHelp(
            "The file with the service secret, with --auth-url: service-secret in the data folder. (default: $PIXELFLOW_SERVICE_SECRET)",
            valueName: "file"))
    var secretFile: String?

    func validate() throws {
        guard (authURL == nil) == (apiURL == nil) else { throw ValidationError("--auth-url and --api-url must be used together.") }
        guard secretFile == nil || authURL != nil else { throw ValidationError("--secret-file requires --auth-url and --api-url.") }
    }

    var isCluster: Bool { authURL == nil }

    /// Runs `body` with clients of both services.
    func using<Result: Sendable>(in session: Session, _ body: (BackupServices) async throws -> Result) async throws -> Result {
        guard let authURL, let apiURL else {
            return try await OperatorAccess.withService(.auth, in: session, retries: RetryOptions()) { auth in
                try await OperatorAccess.withService(.api, in: session, retries: RetryOptions()) { api in
                    try await body(BackupServices(auth: auth, api: api))
                }
            }
        }
        let caller = ForwardedService.Caller.token(try secret(session), hint: "it is not the service secret of this installation")
        return try await ForwardedService.using(url: authURL, in: session, as: caller, retries: RetryOptions()) { auth in
            try await ForwardedService.using(url: apiURL, in: session, as: caller, retries: RetryOptions()) { api in
                try await body(BackupServices(auth: auth, api: api))
            }
        }
    }

    private func secret(_ session: Session) throws(CommandError) -> String {
        if let secretFile {
            guard let text = try? String(contentsOfFile: secretFile, encoding: .utf8) else {
                throw CommandError(.usage, "\(secretFile) cannot be read")
            }
            return String(text.filter { !$0.isWhitespace })
        }
        guard let text = session.environment[OperatorAccess.variable], !text.isEmpty else {
            throw CommandError(.usage, "there is no service secret", hint: "give --secret-file, or set \(OperatorAccess.variable)")
        }
        return text
    }
}

/// The services that hold the data of a backup.
struct BackupServices: Sendable {
    let auth: ForwardedService
    let api: ForwardedService

    subscript(service: PixelFlowClient.ArchivedService) -> ForwardedService {
        switch service {
        case .auth: auth
        case .api: api
        }
    }

    func report(_ service: PixelFlowClient.ArchivedService) async throws -> ArchiveReport {
        try await self[service].call { try await $0.archive(of: service) }
    }

    /// Runs a transfer, and repeats it if it is interrupted, as often as the retry policy of calls allows.
    func transfer<Result>(_ service: PixelFlowClient.ArchivedService, _ body: (PixelFlowClient) async throws -> Result) async throws
        -> Result
    {
        try await self[service].call { client in
            try await retry(client.retries.policy, if: Self.passes) { try await body(client) }
        }
    }

    private static func passes(_ error: any Error) -> Bool {
        switch error as? ClientError {
        case .brokenOff, .timedOut, .wrongChecksum: true
        // The client has already retried it.
        case .unreachable, .invalidResponse, .file, .taskDeleted, .noRefreshToken, .otherOrganisation, nil: false
        }
    }
}
