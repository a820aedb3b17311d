import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Asks URLs until each has answered 200.
struct EndpointProbe: Sendable {
    private static let pause = Duration.milliseconds(500)
    /// One answer may take so long.
    private static let answerTimeout = Duration.seconds(5)

    struct Result: Sendable, Hashable {
        let url: String
        let isOK: Bool
        /// `200`, another status, or why there is none.
        let answer: String
    }

    private let http: HTTPClient
    private let deadline: ContinuousClock.Instant
    private let tell: @Sendable (String) -> Void

    /// - Parameter tell: Gets each change of what an URL answers.
    /// - Returns: In the order of the URLs.
    static func run(_ urls: [String], within limit: Duration, tell: @escaping @Sendable (String) -> Void) async -> [Result] {
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: .init(redirectConfiguration: .disallow))
        let probe = EndpointProbe(http: http, deadline: .now + limit, tell: tell)
        let results = await withTaskGroup(of: (Int, Result).self) { group in
            for (index, url) in urls.enumerated() { group.addTask { (index, await probe.wait(for: url)) } }
            return await group.reduce(into: [Int: Result]()) { $0[$1.0] = $1.1 }
        }
        try? await http.shutdown()
        return urls.indices.compactMap { results[$0] }
    }

    private func wait(for url: String) async -> Result {
        var last = ""
        while true {
            let answer = await ask(url)
            if answer == "200" { return Result(url: url, isOK: true, answer: answer) }
            if answer != last { tell("\(url): \(answer)") }
            last = answer
            guard ContinuousClock.now + Self.pause < deadline, (try? await Task.sleep(for: Self.pause)) != nil else {
                return Result(url: url, isOK: false, answer: answer)
            }
        }
    }

    private func ask(_ url: String) async -> String {
        let limit = min(Self.answerTimeout, max(deadline - .now, .milliseconds(1)))
        do {
            let response = try await http.execute(HTTPClientRequest(url: url), timeout: .nanoseconds(Int64(limit / .nanoseconds(1))))
            // Read to its end, so that the connection can be used again.
            for try await _ in response.body {}
            return String(response.status.code)
        } catch {
            return "no answer"
        }
    }
}
