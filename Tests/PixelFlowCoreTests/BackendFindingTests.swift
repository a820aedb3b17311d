import PixelFlowCore
import Testing

@Suite struct BackendFindingTests {
    private static let noon = Timestamp(microseconds: 1_780_000_000_000_000)

    @Test(arguments: [
        (0, BackendFinding.Result.ok), (900, .ok), (2_000, .warning), (-2_000, .warning), (61_010, .failed), (-3_600_000, .failed),
    ])
    func clockSkewDecidesTheSeverity(milliseconds: Int, result: BackendFinding.Result) {
        let finding = BackendFinding.clock(
            Self.noon + .milliseconds(milliseconds), sent: Self.noon - .milliseconds(5), received: Self.noon + .milliseconds(5))
        #expect(finding.result == result, "\(finding)")
        if result != .ok { #expect(finding.reason.hasSuffix(milliseconds > 0 ? "ahead" : "behind")) }
    }

    @Test func latencyAndClockResolutionAreNotSkew() {
        let slow = BackendFinding.clock(Self.noon, sent: Self.noon - .seconds(9), received: Self.noon + .seconds(9))
        #expect(slow.result == .ok)
        let coarse = BackendFinding.clock(
            Self.noon - .milliseconds(999), sent: Self.noon, received: Self.noon, resolution: .seconds(1))
        #expect(coarse.result == .ok)
    }

    @Test(arguments: [
        ("6.0.28", BackendFinding.Result.ok), ("15.19 (Debian 15.19-0+deb12u1)", .ok), ("6", .failed), ("5.9.9", .failed), ("10.1", .ok),
        ("", .skipped), ("unknown", .skipped),
    ])
    func versionsAreComparedNumerically(version: String, result: BackendFinding.Result) {
        #expect(BackendFinding.version(version, oldest: [6, 0]).result == result)
    }

    @Test(arguments: [(Int64(50), BackendFinding.Result.ok), (14, .warning), (4, .failed)])
    func freeSpaceIsJudgedByItsShare(free: Int64, result: BackendFinding.Result) {
        #expect(BackendFinding.space(free: free << 30, of: 100 << 30).result == result)
        #expect(BackendFinding.space(free: nil, of: nil).result == .skipped)
    }

    @Test func missingIndexesAreNamed() {
        let finding = BackendFinding.indexes(missing: ["b", "a"], of: 3, hint: "make them")
        #expect(finding.result == .failed && finding.reason == "missing: a, b")
        #expect(BackendFinding.indexes(missing: [], of: 3, hint: "").result == .ok)
    }
}
