import KubernetesClient
import Testing

struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0.0),
        ("2026-05-01T12:30:00Z", 1_777_638_600),
        ("2024-02-29T23:59:59Z", 1_709_251_199),
        ("2026-05-01T14:30:00+02:00", 1_777_638_600),
        ("2026-05-01T12:30:00.500000Z", 1_777_638_600.5),
        ("1969-12-31T23:59:59Z", -1),
    ])
    func reads(text: String, seconds: Double) {
        #expect(Timestamp(text)?.secondsSinceEpoch == seconds)
    }

    @Test(arguments: [
        "", "now", "2026-05-01", "2026-05-01T12:30:00", "2026-13-01T00:00:00Z", "2026-05-01T25:00:00Z", "2026-05-01T12:30:00Zx",
        "2026-05-01T12:30:00+2",
    ])
    func refuses(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test(arguments: [0, 951_782_400, 1_709_251_199, 1_777_638_600, 4_102_444_800, -1, -86_400])
    func roundTripsTimestamps(seconds: Int) {
        let moment = Timestamp(secondsSinceEpoch: Double(seconds))
        #expect(Timestamp(moment.text) == moment)
    }

    @Test func ageIncreasesWithTime() {
        let moment = Timestamp(secondsSinceEpoch: 100)
        #expect(moment.age(at: Timestamp(secondsSinceEpoch: 160)) == .seconds(60))
    }
}

struct QuantityTests {
    @Test(arguments: [
        ("250m", 0.25), ("2", 2), ("1.5", 1.5), ("128Mi", 134_217_728), ("1Gi", 1_073_741_824), ("5k", 5_000), ("1e3", 1_000),
        ("123456789n", 0.123456789), ("0", 0),
    ])
    func reads(text: String, value: Double) throws {
        let quantity = try #require(Quantity(text))
        #expect(abs(quantity.value - value) < 1e-9)
    }

    @Test(arguments: ["", "m", "1Zi", "1 Gi", "ten"])
    func refuses(text: String) {
        #expect(Quantity(text) == nil)
    }
}
