import AsyncHTTPClient
import HTTPExchange
import NIOCore
import NIOHTTP1
import PixelFlowRelease
import Terminal
import WireFormats

/// The source of PixelFlow's releases, asked for the newest version only if the user requests it.
struct ReleaseFeed: Sendable {
    /// The GitHub repository of this release, as `owner/name`; empty in a build that is not a release. Set by `scripts/release/version`.
    static let repository = ""
    static let variable = "PFCTL_RELEASES"
    /// GitHub's response has about 20 KB plus the release notes.
    static let responseLimit = 1 << 20
    private static let redirectLimit = 3

    private let url: String

    /// - Throws: `CommandError` if neither the option nor the environment nor the build specifies a repository.
    init(option: String?, environment: [String: String]) throws {
        if let named = option ?? environment[Self.variable], !named.isEmpty {
            url = named
        } else if !Self.repository.isEmpty {
            url = "https://api.github.com/repos/\(Self.repository)/releases/latest"
        } else {
            throw CommandError(
                .usage, "this pfctl is not from a release and does not know where releases are",
                hint: "set --releases or $\(Self.variable) to https://api.github.com/repos/OWNER/pixelflow/releases/latest")
        }
        guard HTTPURL.isOne(url) else {
            throw CommandError(.usage, "the address of the releases is not a URL: \(url)", hint: "it begins with https://")
        }
    }

    /// The version of the latest release.
    /// - Throws: `CommandError` if there is no response in time, or if it contains no version.
    func latest(within limit: Duration) async throws -> ReleaseVersion {
        let redirects = HTTPClient.Configuration.RedirectConfiguration.follow(max: Self.redirectLimit, allowCycles: false)
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: .init(redirectConfiguration: redirects))
        let result: Result<JSONValue, CommandError>
        do {
            result = .success(try await ask(http, within: limit))
        } catch let failure as CommandError {
            result = .failure(failure)
        } catch {
            result = .failure(CommandError(.failed, "\(url) does not respond: \(error)", hint: "pfctl version works without --check"))
        }
        try await http.shutdown()
        let release = try result.get()
        guard let version = release["tag_name"]?.stringValue.flatMap({ ReleaseVersion($0) }) else {
            throw CommandError(.failed, "\(url) has no version in tag_name")
        }
        return version
    }

    private func ask(_ http: HTTPClient, within limit: Duration) async throws -> JSONValue {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "User-Agent", value: "pfctl/\(Release.version)")
        request.headers.add(name: "Accept", value: "application/json")
        let response = try await http.exchange(request, within: limit, bodyLimit: Self.responseLimit)
        guard response.status == .ok else { throw CommandError(.failed, "\(url) responds with \(response.status.code)") }
        return try JSONValue(parsing: Array(response.body.readableBytesView))
    }
}
