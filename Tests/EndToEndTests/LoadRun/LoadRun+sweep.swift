import Logging
import PixelFlowCore
import PixelFlowDispatch
import Testing

extension LoadRun {
    /// Removes what a service stored just before it died. Services wait a week before they do so; here, there are no more uploads.
    static func sweep(_ store: any TaskDatabase, _ blobs: any ObjectDatabase) async throws {
        let logger = Logger(label: "test")
        let sweep = OrphanCollector(
            store: store, blobs: blobs, installation: InstallationCheck(database: store, objects: blobs, logger: logger),
            settings: OrphanSettings(grace: .zero, limitPercent: 100), logger: logger)
        #expect(try await sweep.sweep(before: SystemClock().now()).blocked == nil)
    }
}
