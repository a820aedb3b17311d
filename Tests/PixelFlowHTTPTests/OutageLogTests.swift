import Logging
import PixelFlowTelemetry
import Synchronization
import Testing

@Suite("Outage log")
struct OutageLogTests {
    @Test("logs the first failure immediately, then the number of failures every half minute, separately for each event")
    func repeatedFailuresAreLoggedPeriodically() throws {
        let capture = LogCapture()
        let logger = Telemetry.logger("worker", settings: LogSettings(level: .info), sink: capture.sink)
        let time = Mutex(ContinuousClock.now)
        let log = OutageLog(now: { time.withLock { $0 } })
        // A minute of failures, as many as eight slots produce when each retries every second.
        for _ in 0..<60 {
            for slot in 0..<8 { log.error("outcome not recorded", ["slot": "\(slot)"], to: logger) }
            log.warning("store not reachable", to: logger)
            time.withLock { $0 += .seconds(1) }
        }
        let lines = try capture.objects()
        let outcomes = lines.filter { $0["event"] as? String == "outcome not recorded" }
        #expect(outcomes.map { $0["level"] as? String } == ["error", "error"])
        #expect(outcomes.map { $0["left_out"] as? String } == [nil, "239"])
        #expect(lines.count { $0["event"] as? String == "store not reachable" } == 2)
        // A failure long afterwards is logged again.
        time.withLock { $0 += .seconds(3600) }
        log.warning("store not reachable", to: logger)
        #expect(try capture.objects().last?["left_out"] as? String == "29")
    }
}
