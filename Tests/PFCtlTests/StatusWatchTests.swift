import Foundation
import KubernetesClient
import KubernetesStandIn
import PFCtl
import Testing

/// Waits until something holds that another task brings about.
func eventually(_ what: String, within seconds: Double = 120, _ condition: @Sendable () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("\(what) did not come about")
            return
        }
        try await Task.sleep(for: .milliseconds(10))
    }
}

@Suite struct StatusWatchTests {
    @Test func redrawsThroughADisconnect() async throws {
        try await PixelFlowStand.run { stand in
            let (output, errors) = (CapturedStream(width: 120), CapturedStream())
            let watching = Task {
                await stand.pfctl(["status", "--watch", "--color", "never"], console: Console(output: output, status: errors))
            }
            try await eventually("the first picture") { output.text.contains("healthy") && stand.cluster.openStreams == 2 }
            stand.cluster.disconnectStreams()
            stand.cluster.compact()
            stand.cluster.setReady(stand.pods(of: "web")[0], false, reason: "ErrImagePull", namespace: PixelFlowStand.namespace)
            try await eventually("the change after the disconnect") { output.text.contains("ErrImagePull") }
            #expect(output.text.contains("\u{1B}[H"), "drawn over itself")
            watching.cancel()
            _ = await watching.value
        }
    }

    @Test func isPlainInAPipe() async throws {
        try await PixelFlowStand.run { stand in
            let (output, errors) = (CapturedStream(), CapturedStream())
            let watching = Task { await stand.pfctl(["status", "--watch"], console: Console(output: output, status: errors)) }
            try await eventually("the first picture") { output.text.contains("healthy") }
            #expect(!output.text.contains("\u{1B}"))
            watching.cancel()
            _ = await watching.value
        }
    }
}
