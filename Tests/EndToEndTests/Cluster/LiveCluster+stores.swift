import HistoryChecker
import Logging
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowKafka
import PixelFlowMongo
import PixelFlowS3
import RawHTTP
import Testing

extension LiveCluster {
    private var parsed: Settings {
        get throws { try Settings(arguments: [], environment: settings, known: MongoSettings.descriptions) }
    }

    /// The task documents, read directly from the database.
    func tasks() throws -> any TaskDatabase { try MongoTaskStore(try MongoSettings(parsed)) }

    /// The objects, read directly from the store.
    func blobs() throws -> any ObjectDatabase { S3BlobStore(try S3Settings(parsed), logger: Logger(label: "test")) }

    /// A separate producer, independent of the services.
    func broker() throws -> KafkaTaskBroker { KafkaTaskBroker(try KafkaClient(try KafkaSettings(parsed), logger: Logger(label: "test"))) }

    /// Lets users work while `disturb` runs, and checks what became of everything they were promised.
    func runLoad(
        pace: Duration = .milliseconds(30), deadline: Duration = .seconds(240), receiver: RawServer? = nil, atLeast tasks: Int,
        disturb: (LoadRun) async throws -> Void
    ) async throws -> History {
        var loadRun = LoadRun(endpoint(api: 1), endpoint(api: 2))
        loadRun.pace = pace
        loadRun.deadline = deadline
        loadRun.receiver = receiver
        let (downloads, tenant) = try await loadRun.run { try await disturb(loadRun) }
        let store = try self.tasks()
        try await loadRun.quiet(store)
        let blobs = try self.blobs()
        try await LoadRun.sweep(store, blobs)
        let history = try await loadRun.history(of: tenant, downloads, in: store, blobs)
        let violations = HistoryChecker().violations(in: history)
        #expect(violations.isEmpty, "\(violations.count) violations, first \(violations.prefix(20).map(\.description))")
        // A run without activity would prove nothing.
        #expect(history.promises.count >= tasks, "only \(history.promises.count) tasks were accepted")
        return history
    }
}
