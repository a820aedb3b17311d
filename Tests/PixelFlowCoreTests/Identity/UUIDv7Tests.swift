import PixelFlowCore
import TestSupport
import Testing

@Suite struct UUIDv7Tests {
    private struct Fixed: RandomNumberGenerator {
        var value: UInt64
        mutating func next() -> UInt64 { value }
    }

    @Test func hasTheFormatOfTheStandard() {
        // The example in RFC 9562, appendix A.6: 2022-02-22 14:22:22 at UTC-5, with other random bits.
        var ones = Fixed(value: .max)
        #expect(UUIDv7.make(at: Timestamp(microseconds: 1_645_557_742_000_000), using: &ones) == "017f22e2-79b0-7000-bfff-ffffffffffff")
        var zeros = Fixed(value: 0)
        #expect(UUIDv7.make(at: Timestamp(microseconds: 1_645_557_742_000_500), using: &zeros) == "017f22e2-79b0-7800-8000-000000000000")
    }

    @Test func sortsByTimeToTheMicrosecond() {
        var random = SeededGenerator(seed: 7)
        let start = SampleTasks.start.microseconds
        let ids = (0..<5000).map { UUIDv7.make(at: Timestamp(microseconds: start + $0), using: &random) }
        #expect(ids == ids.sorted())
        #expect(Set(ids).count == ids.count)
    }

    @Test func isUnique() {
        let ids = (0..<20_000).map { _ in UUIDv7.make(at: SampleTasks.start) }
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy(UUIDv7.isCanonical))
        #expect(ids.allSatisfy { $0[$0.index($0.startIndex, offsetBy: 14)] == "7" })
        #expect(ids.allSatisfy { "89ab".contains($0[$0.index($0.startIndex, offsetBy: 19)]) })
    }

    @Test(arguments: [Int64.min, -1, 0, 253_402_300_799_000_000, Int64.max])
    func anyTimeGivesAWellFormedIdentifier(microseconds: Int64) {
        #expect(UUIDv7.isCanonical(UUIDv7.make(at: Timestamp(microseconds: microseconds))))
    }

    @Test(arguments: [
        "", "019b76da", "019b76da-a800-7000-8591-3a202586b1a", "019b76da-a800-7000-8591-3a202586b1aaa",
        "019b76da-a800-7000-8591-3a202586b1aA", "019b76daa800-7000-8591-3a202586b1aa-", "019b76da-a800-7000-8591-3a202586b1ag",
        "019b76da a800 7000 8591 3a202586b1aa", "../../../../../../../etc/passwd/0000", "019b76da-a800-7000-8591-3a202586b1é",
    ])
    func refusesOtherText(text: String) {
        #expect(!UUIDv7.isCanonical(text))
    }
}
