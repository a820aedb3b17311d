import Deadlines
import Foundation
import HistoryChecker
import PixelFlowCore
import PixelFlowEmbedded
import RawHTTP
import Testing

/// The all-in-one service is repeatedly killed and restarted while people use it.
struct KillRun: Sendable {
    static let tasksBetweenKills = 3
    private static let endsBetweenKills = 6

    let service: LiveService
    private let loadRun: LoadRun

    /// - Parameter receiver: of webhooks.
    init(service: LiveService, receiver: RawServer) {
        self.service = service
        var loadRun = LoadRun(service)
        loadRun.receiver = receiver
        self.loadRun = loadRun
    }

    /// Kills the service this many times, lets it finish its tasks, and collects the results.
    func run(kills: Int) async throws -> History {
        try await service.start()
        var started = ""
        let (downloads, tenant) = try await loadRun.run {
            for _ in 0..<kills {
                // Some work between two kills, however slow the machine is: a task that loses ten workers fails by design.
                let goal = loadRun.accepted + Self.tasksBetweenKills
                try await Task.sleep(for: .milliseconds(Int.random(in: 50...500)))
                try await eventually(within: .seconds(120), "tasks to be accepted between two kills") { loadRun.accepted >= goal }
                // On a busy machine, the first render process is ready only later. Tasks that have lost workers run alone, after the
                // others that the worker has claimed. If more tasks have finished than it claims, no task is hit by every kill.
                let start = started
                try await eventually(within: .seconds(120), "tasks to end between two kills") {
                    loadRun.ended(after: start) >= Self.endsBetweenKills
                }
                await service.kill()
                started = SystemClock().now().iso8601
                try await service.start()
            }
        }
        try await loadRun.quiet(try SQLiteTaskStore(path: service.data + "/tasks.sqlite"))
        service.terminate()
        #expect(try await service.waitForExit() == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: service.data + "/blobs/.partial") == [])
        let store = try SQLiteTaskStore(path: service.data + "/tasks.sqlite")
        let blobs = EmbeddedBlobStore(files: try FileBlobStore(path: service.data + "/blobs"), tasks: store)
        try await LoadRun.sweep(store, blobs)
        return try await loadRun.history(of: tenant, downloads, in: store, blobs)
    }
}
