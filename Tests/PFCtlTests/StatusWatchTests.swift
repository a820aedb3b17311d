import Deadlines
import FakeKubernetes
import Foundation
import KubernetesClient
import PFCtl
import Terminal
import TerminalTesting
import Testing

@Suite struct StatusWatchTests {
    @Test func redrawsAfterADisconnection() async throws {
        try await FakePixelFlow.run { pixelflow in
            let (output, errors) = (CapturedStream(width: 120), CapturedStream())
            let watching = Task {
                await pixelflow.pfctl(["status", "--watch", "--color", "never"], console: Console(output: output, status: errors))
            }
            try await eventually(within: .seconds(120), "the first picture") {
                output.text.contains("healthy") && pixelflow.cluster.openStreams == 2
            }
            pixelflow.cluster.disconnectStreams()
            pixelflow.cluster.compact()
            pixelflow.cluster.setReady(pixelflow.pods(of: "web")[0], false, reason: "ErrImagePull", namespace: FakePixelFlow.namespace)
            try await eventually(within: .seconds(120), "the change after the disconnect") { output.text.contains("ErrImagePull") }
            #expect(output.text.contains("\u{1B}[H"), "drawn over itself")
            watching.cancel()
            try await watching.value("the command to end")
        }
    }

    @Test func printsPlainTextToAPipe() async throws {
        try await FakePixelFlow.run { pixelflow in
            let (output, errors) = (CapturedStream(), CapturedStream())
            let watching = Task { await pixelflow.pfctl(["status", "--watch"], console: Console(output: output, status: errors)) }
            try await eventually(within: .seconds(120), "the first picture") { output.text.contains("healthy") }
            #expect(!output.text.contains("\u{1B}"))
            watching.cancel()
            try await watching.value("the command to end")
        }
    }
}
