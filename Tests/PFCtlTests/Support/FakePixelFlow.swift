import FakeKubernetes
import Foundation
import KubernetesClient
import PFCtl
import Terminal
import TerminalTesting
import TestSupport

/// PixelFlow in the fake cluster as installed by the chart, and pfctl to run against it.
struct FakePixelFlow: Sendable {
    static let namespace = "pixelflow"
    /// The reference time for ages.
    static let now = Timestamp("2026-05-01T12:00:00Z") ?? .now

    let cluster: FakeCluster
    private let files: TemporaryFolder
    var folder: String { files.path }
    var kubeconfig: String { "\(folder)/kubeconfig" }

    static func start() async throws -> FakePixelFlow {
        let cluster = try await FakeCluster.start()
        let pixelflow = FakePixelFlow(cluster: cluster, files: try TemporaryFolder())
        try pixelflow.logIn(.certificate(user: "operator"))
        pixelflow.install()
        return pixelflow
    }

    func logIn(_ login: FakeCluster.Login, authority: String? = nil, clusterLines: [String] = []) throws {
        let text = try cluster.kubeconfig(
            login, context: "kind-pixelflow", namespace: Self.namespace, authority: authority, clusterLines: clusterLines)
        try text.write(toFile: kubeconfig, atomically: true, encoding: .utf8)
    }

    func stop() async throws { try await cluster.stop() }

    /// Runs a body with a new installation.
    static func run(_ body: @Sendable (FakePixelFlow) async throws -> Void) async throws {
        let pixelflow = try await start()
        do {
            try await body(pixelflow)
        } catch {
            // The first failure counts.
            try? await pixelflow.stop()
            throw error
        }
        try await pixelflow.stop()
    }

    /// - Parameter width: of the terminal; nil for a pipe.
    func pfctl(
        _ arguments: String..., width: Int? = nil, environment: [String: String] = [:], clock: Timestamp = FakePixelFlow.now
    ) async -> Outcome {
        await pfctl(arguments, console: nil, width: width, environment: environment, clock: clock)
    }

    func pfctl(
        _ arguments: [String], console: Console?, width: Int? = nil, environment: [String: String] = [:],
        clock: Timestamp = FakePixelFlow.now
    ) async -> Outcome {
        let (output, errors) = (CapturedStream(width: width), CapturedStream())
        let status = await CommandLineTool.run(
            arguments, console: console ?? Console(output: output, status: errors),
            environment: ["KUBECONFIG": kubeconfig].merging(environment) { $1 }, clock: { clock })
        return Outcome(status: status, output: output.text, errors: errors.text)
    }
}
