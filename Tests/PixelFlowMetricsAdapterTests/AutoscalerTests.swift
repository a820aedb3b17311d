import KubernetesClient
import PixelFlowCore
import PixelFlowKafka
import Testing

@testable import PixelFlowMetricsAdapter

/// How the HorizontalPodAutoscaler's controller uses the metric: its algorithm for an external metric with `AverageValue`,
/// with the rules of the chart (`pixelflow.worker.behavior`).
private struct Autoscaler {
    /// The default of `--horizontal-pod-autoscaler-tolerance`.
    static let tolerance = 0.1

    let target: Double
    let maximum: Int

    /// `GetExternalPerPodMetricReplicas`, then the scale-up policies of one period: at most twice as many, or four more.
    func next(_ replicas: Int, metric: Int64) -> Int {
        let ratio = Double(metric) / (target * Double(replicas))
        if abs(1 - ratio) <= Self.tolerance { return replicas }
        let wanted = Int((Double(metric) / target).rounded(.up))
        return max(1, min(wanted, max(replicas * 2, replicas + 4), maximum))
    }

    /// The number of replicas at which it settles.
    func settle(from replicas: Int, metric: (Int) -> Int64) -> Int {
        var replicas = replicas
        for _ in 0..<1_000 {
            let following = next(replicas, metric: metric(replicas))
            if following == replicas { return replicas }
            replicas = following
        }
        return -1
    }
}

@Suite struct AutoscalerTests {
    private static func metric(_ lag: Int64, partitions: Int, target: Int) -> Int64 {
        var shares = Array(repeating: Int64(0), count: partitions)
        shares[0] = lag
        return LagSample([.normal: ScriptedLag.group(shares)], target: target, time: .now)?.value ?? -1
    }

    @Test(arguments: [1, 2, 3, 7, 10, 20, 50, 1_000])
    func aLongQueueScalesToOneWorkerPerPartition(target: Int) {
        for partitions in 1...256 {
            let autoscaler = Autoscaler(target: Double(target), maximum: partitions)
            let metric = Self.metric(.max / 4, partitions: partitions, target: target)
            for start in Set([1, 2, partitions / 2, partitions - 1, partitions]) where (1...partitions).contains(start) {
                let end = autoscaler.settle(from: start) { _ in metric }
                #expect(end == partitions, "\(partitions) partitions, target \(target), from \(start)")
            }
        }
    }

    /// Proof that the test above would notice.
    @Test func uncorrectedLagStopsBelowTheMaximum() {
        #expect(Autoscaler(target: 20, maximum: 12).settle(from: 1) { _ in 240 } == 12)
        #expect(Autoscaler(target: 20, maximum: 12).settle(from: 11) { _ in 240 } == 11)
        #expect(Autoscaler(target: 20, maximum: 64).settle(from: 59) { _ in 64 * 20 } == 59)
    }

    @Test func aShortQueueIsReportedUnchanged() {
        for partitions in 1...256 {
            for lag in [0, 1, 19, 20, 21, Int64(partitions) * 20] where lag <= Int64(partitions) * 20 {
                #expect(Self.metric(lag, partitions: partitions, target: 20) == lag)
            }
        }
    }
}
