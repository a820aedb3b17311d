import PixelFlowTelemetry
import Synchronization
import Testing

@Suite struct LabelledMetricsTests {
    private final class Factory: Sendable {
        private let made = Mutex<[String]>([])

        var labels: [String] { made.withLock { $0 } }

        @Sendable func make(_ labels: String) -> Int {
            made.withLock { made in
                made.append(labels)
                return made.count
            }
        }
    }

    @Test func aMetricIsCreatedOncePerLabelSet() {
        let factory = Factory()
        let metrics = LabelledMetrics(overflow: "other", factory.make)
        #expect([metrics["a"], metrics["b"], metrics["a"], metrics["b"]] == [1, 2, 1, 2])
        #expect(factory.labels == ["a", "b"])
    }

    @Test func beyondTheLimitAllShareOneMetric() {
        let factory = Factory()
        let metrics = LabelledMetrics(limit: 2, overflow: "other", factory.make)
        #expect(["a", "b", "c", "d", "a", "other"].map { metrics[$0] } == [1, 2, 3, 3, 1, 3])
        #expect(factory.labels == ["a", "b", "other"])
    }

    private enum Colour: CaseIterable { case red, green }

    @Test func labelsWithFewValuesHaveNoOverflow() {
        let metrics = LabelledMetrics<Colour, Colour> { $0 }
        #expect(Colour.allCases.map { metrics[$0] } == Colour.allCases)
    }
}
