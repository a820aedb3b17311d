import Deadlines
import Hummingbird
import HummingbirdTesting
import PixelFlowHTTP
import Testing

/// Streams whose request is cancelled before its end was read.
@Suite struct CloseWatchTests {
    @Test func aCancelledRequestLeavesTheProcessAlone() async throws {
        try await cancelledRequests { request in
            try await request.body.cancellingOnClose { try await Task.sleep(for: .seconds(60)) }
        }
    }

    /// Cancels requests after a few steps each, so that the cancellation comes at many different moments.
    private func cancelledRequests(_ run: @escaping @Sendable (Request) async throws -> Void) async throws {
        let router = Router()
        router.get("/stream") { request, _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    try await run(request)
                    try await writer.finish(nil)
                })
        }
        try await Application(router: router).test(.router) { client in
            for step in 0..<2000 {
                let execution = Task { try await client.execute(uri: "/stream", method: .get) { _ in } }
                for _ in 0..<(step % 40) { await Task.yield() }
                execution.cancel()
                try await within(.testDeadline, "the request to end") { _ = await execution.result }
            }
        }
    }
}
