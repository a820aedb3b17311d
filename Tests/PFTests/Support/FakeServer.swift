import Foundation
import PF
import StubService
import Terminal
import TerminalTesting
import TestSupport

/// A server that has tasks of every status and two presets, the same each time, and `pf` to run against it.
struct FakeServer: Sendable {
    /// What ages are told by: 2026-05-01T12:00:00Z.
    static let now = Date(timeIntervalSince1970: 1_777_636_800)
    /// What each output consists of.
    static let image = "the bytes of an image"

    let service: StubService
    /// Home of the user, with two files to upload: `a.png` and `b.png`.
    private let files: TemporaryFolder
    var folder: String { files.path }

    /// - Parameter own: responses of a test; nil for the usual one.
    static func run(
        responding own: @escaping @Sendable (StubService.Call) -> (status: Int, body: String)? = { _ in nil },
        _ body: (FakeServer) async throws -> Void
    ) async throws {
        let service = try await StubService.start { own($0) ?? respond($0) }
        let folder = try TemporaryFolder()
        for name in ["a", "b"] { try folder.write("\(name).png", "picture \(name)") }
        try folder.write("pipeline.json", FakeData.pipeline)
        do {
            try await body(FakeServer(service: service, files: folder))
        } catch {
            await service.stop()
            throw error
        }
        await service.stop()
    }

    /// - Parameters:
    ///   - width: of the terminal that takes the output; nil for a pipe.
    ///   - statusWidth: of the one that takes status and errors.
    func pf(
        _ arguments: [String], width: Int? = nil, statusWidth: Int? = nil, _ environment: [String: String] = ["PIXELFLOW_TOKEN": "good"]
    ) async -> Outcome {
        let output = CapturedStream(width: width)
        var outcome = await pf(arguments, environment, writingTo: output, statusWidth: statusWidth)
        outcome.output = neutral(output.text)
        return outcome
    }

    /// Without the output, which goes to a stream of the test.
    func pf(
        _ arguments: [String], _ environment: [String: String] = ["PIXELFLOW_TOKEN": "good"], writingTo output: any ConsoleStream,
        statusWidth: Int? = nil
    ) async -> Outcome {
        let errors = CapturedStream(width: statusWidth)
        let own = [
            "HOME": folder, "PIXELFLOW_URL": "http://127.0.0.1:\(service.port)", "PIXELFLOW_PASSWORD": "open sesame", "NO_COLOR": "1",
        ]
        let status = await UserCommandLine.run(
            arguments.map { $0.replacing("FOLDER", with: folder) }, console: Console(output: output, status: errors),
            environment: own.merging(environment) { $1 }, clock: { Self.now })
        return Outcome(status: status, output: "", errors: neutral(errors.text))
    }

    /// Without what differs from run to run.
    private func neutral(_ text: String) -> String {
        text.replacing(folder, with: "FOLDER").replacing("127.0.0.1:\(service.port)", with: "server")
    }

    private static let respond: StubService.Responder = { call in
        guard call.path.hasPrefix("/auth/") || call.path.hasSuffix("/auth/login") || call.authorization == "Bearer good" else {
            let code = call.authorization == "Bearer old" ? "token_expired" : "token_invalid"
            return (401, #"{"title":"Unauthorized","detail":"The token is not valid.","code":"\#(code)"}"#)
        }
        switch (call.method, call.path) {
        case ("POST", "/auth/logout") where call.authorization != "Bearer good":
            return (401, #"{"title":"Unauthorized","detail":"The token has expired.","code":"token_expired"}"#)
        case ("POST", "/auth/logout"): return (204, "")
        case ("POST", let path) where path.hasSuffix("/auth/login"):
            return (200, #"{"token":"good","token_type":"Bearer","expires_in":3600,"refresh_token":"refresh-1"}"#)
        case ("POST", "/auth/token"):
            guard call.body.contains("refresh-1") else {
                return (401, #"{"title":"Unauthorized","detail":"The session has ended.","code":"refresh_token_invalid"}"#)
            }
            return (200, #"{"token":"good","token_type":"Bearer","expires_in":3600,"refresh_token":"refresh-2"}"#)
        case ("GET", "/auth/validate"): return (200, FakeData.identity)
        case ("GET", "/auth/organisations"): return (200, FakeData.organisations)
        case ("GET", "/auth/keys"): return (200, #"{"keys":[\#(FakeData.key())]}"#)
        case ("POST", "/auth/keys"): return (201, FakeData.key(secret: #","key":"pf_live_once""#))
        case ("GET", "/api/events"): return (200, FakeData.events)
        case ("GET", let path) where path.hasPrefix("/api/tasks?status=FAILED"): return (200, FakeData.list([FakeData.failed]))
        case ("GET", let path) where path.hasPrefix("/api/tasks?"): return (200, FakeData.list(FakeData.tasks))
        case ("GET", let path) where path.contains("/outputs/"): return (200, image)
        case ("GET", "/api/tasks/\(FakeData.failedID)"): return (200, FakeData.failed)
        case ("GET", let path) where path.hasPrefix("/api/tasks/"): return (200, FakeData.done)
        case ("POST", "/api/batches"): return (201, FakeData.batch("open"))
        case ("POST", "/api/batches/\(FakeData.batchID)/close"): return (200, FakeData.batch("closed"))
        case ("POST", "/api/upload") where call.body.contains("batch") && !call.body.contains(FakeData.batchID):
            return (422, #"{"title":"Unprocessable Content","detail":"The batch does not exist.","code":"unknown_batch"}"#)
        case ("POST", "/api/upload"): return (202, call.body.contains("b.png") ? FakeData.failed : FakeData.done)
        case ("POST", "/api/tasks/\(FakeData.doneID)/cancel"):
            return (409, #"{"title":"Conflict","detail":"The task is final.","code":"task_is_final"}"#)
        case ("POST", _): return (202, FakeData.running)
        case ("GET", "/api/presets"): return (200, #"{"presets":[\#(FakeData.preset("web")),\#(FakeData.preset("mine"))]}"#)
        case ("DELETE", let path) where path.hasSuffix("/gone"):
            return (404, #"{"title":"Not Found","detail":"There is no such resource.","code":"not_found"}"#)
        case ("GET", _), ("PUT", _): return (200, FakeData.preset("mine"))
        default: return (204, "")
        }
    }
}
