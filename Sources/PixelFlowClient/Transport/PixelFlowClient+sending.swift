import AsyncHTTPClient
import AsyncPrimitives
import FoundationEssentials
import NIOCore
import NIOHTTP1
import WireFormats

extension PixelFlowClient {
    /// The maximum size of a document; a page of 200 tasks with large pipelines stays well below.
    static let maximumDocument = 64 * 1024 * 1024
    private static let maximumProblem = 64 * 1024
    /// The time limit for reading the body of a problem, which is small.
    private static let problemTimeout = Duration.seconds(10)

    /// Sends a request and returns the JSON document of its response.
    func document(_ call: Call) async throws -> JSONValue { try await response(to: call, within: requestTimeout).json }

    /// Sends a request and returns the task of its response.
    func task(_ call: Call) async throws -> ImageTask { try await task(call, within: requestTimeout) }

    func task(_ call: Call, within limit: Duration?) async throws -> ImageTask {
        let response = try await response(to: call, within: limit)
        return try ImageTask(Fields(response.json), etag: response.headers.first(name: "etag"))
    }

    /// Deletes the resource at a URL.
    ///
    /// Does not throw `Problem` with status 404 if an earlier attempt, whose response was lost, may have deleted it.
    func delete(at url: String) async throws {
        let call = Call(.DELETE, url)
        var canBeDone = false
        try await repeating(call) {
            do {
                _ = try await exchange(call, within: requestTimeout)
            } catch let problem as Problem where problem.status == 404 && canBeDone {
                return
            } catch {
                canBeDone = canBeDone || Self.canHaveTakenEffect(error)
                throw error
            }
        }
    }

    /// Whether the service may have executed the request before the call failed.
    private static func canHaveTakenEffect(_ error: any Error) -> Bool {
        guard let problem = error as? Problem else { return true }
        return (502...504).contains(problem.status)
    }

    /// - Parameter limit: for one attempt including its response; nil for an upload, which has no limit.
    private func response(to call: Call, within limit: Duration?) async throws -> CompleteResponse {
        try await repeating(call) { try await exchange(call, within: limit) }
    }

    /// A complete successful response.
    private struct CompleteResponse: Sendable {
        var headers: HTTPHeaders
        /// `null` if the body is empty.
        var json: JSONValue
    }

    /// Sends a request and returns the head of a successful response; the body is streamed.
    func open(_ call: Call) async throws -> HTTPClientResponse {
        try await repeating(call) { try await attempt(call) }
    }

    /// Repeats `body`, which makes one attempt, if the call is repeatable and the failure is transient.
    private func repeating<Value>(_ call: Call, _ body: () async throws -> Value) async throws -> Value {
        try await retry(
            retries.policy, if: { call.isRepeatable && Self.isTransient($0) }, retryAfter: { ($0 as? Problem)?.retryAfter }, body)
    }

    /// The delay before the next attempt; nil if the failure is permanent or no attempts are left.
    ///
    /// - Parameter attempt: the number of the failed attempt, starting at 1.
    func delay(after error: any Error, attempt: Int) -> Duration? {
        guard Self.isTransient(error) else { return nil }
        return retries.policy.nextPause(retry: attempt - 1, retryAfter: (error as? Problem)?.retryAfter)
    }

    private static func isTransient(_ error: any Error) -> Bool {
        switch error {
        case let problem as Problem: RetryOptions.statuses.contains(problem.status)
        case ClientError.unreachable, ClientError.timedOut, ClientError.brokenOff: true
        default: false
        }
    }

    /// One attempt with its complete response.
    private func exchange(_ call: Call, within limit: Duration?) async throws -> CompleteResponse {
        guard let limit else { return try await exchange(call) }
        return try await cancelling(after: limit, throwing: ClientError.timedOut(call.responseName)) { try await exchange(call) }
    }

    private func exchange(_ call: Call) async throws -> CompleteResponse {
        let response = try await attempt(call)
        let bytes: ByteBuffer
        do {
            bytes = try await response.body.collect(upTo: Self.maximumDocument)
        } catch is NIOTooManyBytesError {
            throw ClientError.invalidResponse("\(call.responseName) is larger than 64 MiB")
        } catch {
            throw ClientError(body: error)
        }
        if bytes.readableBytes == 0 { return CompleteResponse(headers: response.headers, json: .null) }
        do {
            return CompleteResponse(headers: response.headers, json: try JSONValue(parsing: bytes.readableBytesView))
        } catch {
            throw ClientError.invalidResponse("\(call.responseName) is not JSON: \(error)")
        }
    }

    /// One attempt, and a second one with a new token if the session can renew it.
    ///
    /// - Throws: `Problem` if the response is not successful.
    func attempt(_ call: Call) async throws -> HTTPClientResponse {
        guard let sessions else { return try await attempt(call, token: token) }
        let token = try await sessions.token
        do {
            return try await attempt(call, token: token)
        } catch let problem as Problem where TokenSession.canRenew(after: problem) {
            return try await attempt(call, token: try await sessions.renew(token, self))
        }
    }

    private func attempt(_ call: Call, token: String?) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: call.url)
        request.method = call.method
        request.headers = call.headers
        request.headers.replaceOrAdd(name: "user-agent", value: userAgent)
        if let token { request.headers.replaceOrAdd(name: "authorization", value: "Bearer \(token)") }
        request.body = try await call.body?.forClient()
        let response: HTTPClientResponse
        do {
            response = try await http.execute(request, deadline: .distantFuture)
        } catch {
            if let error = error as? ClientError { throw error }
            throw ClientError(request: error, url: call.url)
        }
        guard !(200..<300).contains(response.status.code) else { return response }
        throw await Self.problem(response)
    }

    /// The problem of a response, even if its body is incomplete or does not arrive.
    private static func problem(_ response: HTTPClientResponse) async -> Problem {
        let body = try? await cancelling(after: problemTimeout, throwing: ClientError.timedOut("a problem")) {
            try await response.body.collect(upTo: maximumProblem)
        }
        return Problem(
            status: Int(response.status.code), headers: response.headers, body: body ?? ByteBuffer(),
            now: Int64(Date().timeIntervalSince1970))
    }
}
